// Withpython runs Python with what a requirements file names, in an environment that is made at the
// first use and kept outside the checkout.
//
//	go run ./compat/cmd/withpython REQUIREMENTS ARGUMENTS
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"numstore.example/compat/internal/pyenv"
)

func main() {
	if len(os.Args) < 3 {
		fail(2, errors.New("usage: withpython REQUIREMENTS ARGUMENTS"))
	}
	ctx := context.Background()
	python, err := pyenv.Ensure(ctx, os.Args[1])
	if err != nil {
		fail(1, err)
	}
	command := python.Command(ctx, os.Args[2:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		fail(1, err)
	}
}

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, "withpython:", err)
	os.Exit(status)
}
