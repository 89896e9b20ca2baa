package storage

import (
	"fmt"
	"strings"
)

// Source is what a new store is filled with.
type Source interface {
	// Fill fills a store that has nothing in it, and returns what the source is called, to be remembered.
	Fill(*Store) (name string, err error)

	// Compare says whether a store that was filled with a source of this name, or with none if that is empty,
	// was filled with this one; and what this one is called.
	Compare(filled string) (name string, same bool, err error)
}

// checkSource lets a start that should fill the store go on with one that was filled from the same source.
func (s *Store) checkSource() error {
	if s.options.Restore == nil {
		return nil
	}
	source, err := s.row(sourceKey)
	if err != nil {
		return err
	}
	wanted, same, err := s.options.Restore.Compare(string(source))
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
	s.options.Log.Info("going on with the store that this backup has filled before", "dir", s.options.Dir, "backup", string(source))
	return nil
}

// checkIncomplete refuses a store that was not made to the end, but must not be made anew.
func (s *Store) checkIncomplete() error {
	marks, err := s.marks()
	if err != nil {
		return err
	}
	for _, path := range marks {
		mark, err := s.openAnyMark(path)
		if err != nil {
			return err
		}
		mark.close()
		if err := mark.checkEmpty(); err != nil {
			return err
		}
	}
	if s.options.Restore != nil {
		return nil
	}
	filling, err := s.any(fillingKeys, end(fillingKeys))
	if err == nil && filling {
		err = ErrRestoring
	}
	return err
}

// marks returns the paths of the marks of all logs.
func (s *Store) marks() (paths []string, err error) {
	names, err := s.fs.List(s.options.Dir)
	for _, name := range names {
		if strings.HasPrefix(name, markPrefix) && !strings.HasSuffix(name, unfinishedFile) {
			paths = append(paths, s.fs.PathJoin(s.options.Dir, name))
		}
	}
	return paths, err
}
