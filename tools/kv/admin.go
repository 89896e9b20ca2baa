package main

type statCommand struct {
	All bool `help:"Show every server, a line each: each node of raftkv is asked at its address in the map, and of gossipkv those of --servers, those to which they are linked, and so on. Each may take as long as --timeout says. Status 3 if one does not answer, 1 if one refuses; the others are shown in any case."`
}

// Run prints what the server says of itself, or every server.
func (c *statCommand) Run(a *app) error { return a.backend.stat(a, c.All) }

type shutdownCommand struct {
	All bool `help:"Stop all servers, at the same time, not only the first of --servers: those that kv stat --all finds; status 3 if one does not answer, 1 if one refuses."`
}

// Run asks the server to stop, or all servers.
func (c *shutdownCommand) Run(a *app) error { return a.backend.shutdown(a, c.All) }
