package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallow-transfer/tallow/internal/operator"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// storeVerbs are the verbs by which the operator of a relay looks at its store.
type storeVerbs struct{ *server }

func newRelayStore(s *server) *cobra.Command {
	v := storeVerbs{s}
	cmd := &cobra.Command{
		Use:   "store",
		Short: "List and take down what a relay stores",
		Long: `List and take down what a relay stores, also while it runs. It is for the
operator, on the machine of the relay and as its user. Give it the settings of
the relay, by flags, variables or its file. They show sizes and times; what is
in a transfer nobody but its sender and receivers can know.`,
		Example: `  tallow relay store list --store /var/lib/tallow/store
  tallow relay store show --config relay.toml 31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5
  tallow relay store remove https://r.example/d/31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, verb := range []*cobra.Command{
		{
			Use:               "list",
			Short:             "List what is stored",
			Example:           "  tallow relay store list --store /var/lib/tallow/store",
			Args:              noArguments,
			ValidArgsFunction: noCompletion,
			RunE:              v.list,
		},
		{
			Use:               "show [flags] ID",
			Short:             "Show a stored transfer",
			Example:           "  tallow relay store show --config relay.toml 31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5",
			Args:              oneArgument("transfer by its ID or link", "tallow relay store show 31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5"),
			ValidArgsFunction: noCompletion,
			RunE:              v.show,
		},
		{
			Use:   "remove [flags] ID",
			Short: "Take down a stored transfer",
			Long: `Take down a stored transfer. Nobody can fetch it any more, and who is fetching
it cannot go on. Of a link, the part from # on is not needed: it is the key.`,
			Example: `  tallow relay store remove 31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5
  tallow relay store remove https://r.example/d/31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5`,
			Args:              oneArgument("transfer by its ID or link", "tallow relay store remove 31b41aa6e4b0ad5b9d5d7f5ee3a0c3d5"),
			ValidArgsFunction: noCompletion,
			RunE:              v.remove,
		},
	} {
		v.settings.Register(verb.Flags(), storeVerbSettings()...)
		verb.Flags().StringVar(&v.file, "config", "", "TOML `FILE` with the relay's settings (default "+variablePrefix+"CONFIG)")
		cmd.AddCommand(verb)
	}
	return cmd
}

// storeVerbSettings are the settings that say where a store is.
func storeVerbSettings() []string {
	return []string{
		"store", "store-index", "redis", "store-s3-endpoint", "store-s3-region", "store-s3-style", "store-s3-access-key", "store-s3-secret-key",
	}
}

// transfers are those of a store, that of a running relay or one that this process
// opens.
type transfers interface {
	Each(ctx context.Context, visit func(operator.Transfer) error) error
	Find(ctx context.Context, id stored.ID) (operator.Transfer, error)
	Remove(ctx context.Context, id stored.ID) error
}

// with opens the store for a while.
func (v storeVerbs) with(cmd *cobra.Command, do func(ctx context.Context, all transfers) error) error {
	if err := v.loadSettings(cmd); err != nil {
		return err
	}
	ctx := cmd.Context()
	if v.store.place == "" {
		return usage("Give it the settings of the relay: --store, "+v.settings.Variable("store")+" or --config.", "which store?")
	}
	if err := v.store.check(v.settings.Place, v.cluster.redis != ""); err != nil {
		return err
	}
	if dir := v.store.dir(v.cluster.redis); dir != "" {
		if client, err := operator.Dial(ctx, dir); err == nil {
			return v.failed(ctx, do(ctx, client))
		}
	}
	store, err := v.openStoreThere(ctx)
	if err != nil {
		return err
	}
	defer store.close()
	return v.failed(ctx, do(ctx, operator.Local{Service: store.service}))
}

// failed is the failure of an error of the store.
func (v storeVerbs) failed(ctx context.Context, err error) error {
	var known *failure
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, stored.ErrUnknown):
		return &failure{kind: tallow.KindCode, message: "there is no such stored transfer", hint: "It may have expired. See tallow relay store list.", err: err}
	}
	return &failure{kind: tallow.KindIO, message: "the store does not answer as it should: " + cause(err), hint: "Try it again.", err: err}
}

func (v storeVerbs) list(cmd *cobra.Command, _ []string) error {
	return v.with(cmd, func(ctx context.Context, all transfers) error {
		var found []operator.Transfer
		if err := all.Each(ctx, func(t operator.Transfer) error { found = append(found, t); return nil }); err != nil {
			return err
		}
		return v.print(found...)
	})
}

func (v storeVerbs) show(cmd *cobra.Command, args []string) error {
	id, err := storedID(args[0])
	if err != nil {
		return err
	}
	return v.with(cmd, func(ctx context.Context, all transfers) error {
		t, err := all.Find(ctx, id)
		if err != nil {
			return err
		}
		return v.print(t)
	})
}

func (v storeVerbs) remove(cmd *cobra.Command, args []string) error {
	id, err := storedID(args[0])
	if err != nil {
		return err
	}
	return v.with(cmd, func(ctx context.Context, all transfers) error {
		if err := all.Remove(ctx, id); err != nil {
			return err
		}
		if v.json {
			return v.writeEvent(struct {
				Event string `json:"event"`
				ID    string `json:"id"`
			}{"removed", id.String()})
		}
		newScreen(v.program).say("%v is gone.", id)
		return nil
	})
}

// storedID reads the ID of a stored transfer, or the link to it. An error does not show
// what was given: the key may be in it.
func storedID(text string) (stored.ID, error) {
	if i := strings.LastIndex(text, "/d/"); i >= 0 {
		text = text[i+len("/d/"):]
	}
	text, _, _ = strings.Cut(text, "#")
	id, ok := stored.ParseID(text)
	if !ok {
		return id, usage("An ID has 32 digits from 0 to f. It is in a link behind /d/.", "that is no ID of a stored transfer")
	}
	return id, nil
}

// print prints transfers, the oldest first.
func (v storeVerbs) print(found ...operator.Transfer) error {
	slices.SortFunc(found, func(a, b operator.Transfer) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	if v.json {
		enc := newEncoder(v.events(), nil)
		for _, t := range found {
			enc.write(storedTransferEvent(t))
		}
		return enc.failure()
	}
	if len(found) == 0 {
		newScreen(v.program).say("Nothing is stored.")
		return nil
	}
	return v.program.table(func(w io.Writer) {
		fmt.Fprintln(w, "ID\tCREATED\tEXPIRES\tSIZE\tSTATE\tFETCHED")
		for _, t := range found {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(t.ID), t.Created.Local().Format("2006-01-02 15:04"),
				t.Expires.Local().Format("2006-01-02 15:04"), bytesText(t.Size), keptState(t), keptFetched(t))
		}
	})
}

// keptState is what happens with a stored transfer.
func keptState(t operator.Transfer) string {
	switch {
	case !t.Complete:
		return "being stored"
	case t.Downloads > 0 && t.Done >= t.Downloads:
		return "fetched"
	case t.Fetching > 0:
		return "being fetched"
	}
	return "waiting"
}

// keptFetched is how often it was fetched, and may be.
func keptFetched(t operator.Transfer) string {
	if t.Downloads == 0 {
		return fmt.Sprint(t.Done)
	}
	return fmt.Sprintf("%d of %d", t.Done, t.Downloads)
}

// storedTransferEvent is a stored transfer as an event of --json.
func storedTransferEvent(t operator.Transfer) any {
	return struct {
		Event     string `json:"event"`
		ID        string `json:"id"`
		Created   string `json:"created"`
		Expires   string `json:"expires"`
		Bytes     int64  `json:"bytes"`
		Complete  bool   `json:"complete"`
		Downloads int    `json:"downloads"`
		Fetched   int    `json:"fetched"`
		Fetching  int    `json:"fetching"`
	}{
		"stored-transfer", t.ID, t.Created.UTC().Format(time.RFC3339), t.Expires.UTC().Format(time.RFC3339),
		t.Size, t.Complete, t.Downloads, t.Done, t.Fetching,
	}
}
