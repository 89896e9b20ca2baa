package engine

import "fmt"

// checkSource lets a start that should fill the store go on with one that was filled from the same source.
func (s *Store) checkSource() error {
	if s.options.Fill == nil {
		return nil
	}
	source, err := s.Row(sourceKey)
	if err != nil {
		return err
	}
	wanted, same, err := s.options.Fill.Compare(string(source))
	if err != nil {
		return err
	}
	if !same {
		filled := "that was not filled with a backup"
		if source != nil {
			filled = "that was filled with " + string(source)
		}
		return fmt.Errorf("%w, %v, %s, and this is %s; restore into an empty folder, or leave the restoring away to go on with it", ErrExists, s.identity.id, filled, wanted)
	}
	s.options.Logger.Info("going on with the store that this backup has filled before", "dir", s.options.Dir, "backup", string(source))
	return nil
}

// checkIncomplete refuses a store that was not made to the end, but must not be made anew.
func (s *Store) checkIncomplete() error {
	if err := s.eachMark((*Mark).checkEmpty); err != nil || s.options.Fill != nil {
		return err
	}
	filling, err := s.any(fillingKeys, End(fillingKeys))
	if err == nil && filling {
		err = ErrRestoring
	}
	return err
}
