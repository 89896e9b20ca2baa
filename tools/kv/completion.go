package main

import (
	"github.com/alecthomas/kong"

	"numstore.example/tools/internal/completion"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash (4 or later), zsh or fish."`
}

// Help is what kv completion --help says below the flags.
func (c *completionCommand) Help() string {
	return `To try it:

    source <(kv completion bash)
    source <(kv completion zsh)      # after compinit
    kv completion fish | source

To have it always, put that line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.`
}

// Run prints the script.
func (c *completionCommand) Run(a *app, line *kong.Context) error {
	return a.write([]byte(completion.Shells[c.Shell](line.Model)))
}
