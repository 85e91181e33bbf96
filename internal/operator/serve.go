package operator

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// socketName is the socket's name in the folder of the store.
const socketName = "operator"

// Listen makes the socket in the folder of a store, which the caller has locked: a
// socket that is there is one of a relay that was killed.
func Listen(ctx context.Context, dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
}

// Serve serves the operator until ctx ends, and closes the listener. Logger is told
// which transfers were taken down.
func Serve(ctx context.Context, listener net.Listener, s *stored.Service, logger *slog.Logger) error {
	mux := http.NewServeMux()
	local := Local{s}
	mux.HandleFunc("GET /stored", func(w http.ResponseWriter, req *http.Request) {
		encoder := json.NewEncoder(w)
		if err := local.Each(req.Context(), func(t Transfer) error { return encoder.Encode(t) }); err != nil {
			panic(http.ErrAbortHandler) // so that the list does not look like a whole one
		}
	})
	mux.HandleFunc("GET /stored/{id}", func(w http.ResponseWriter, req *http.Request) {
		id, _ := stored.ParseID(req.PathValue("id"))
		t, err := local.Find(req.Context(), id)
		if refused(w, err) {
			return
		}
		_ = json.NewEncoder(w).Encode(t) // the client may be gone
	})
	mux.HandleFunc("DELETE /stored/{id}", func(w http.ResponseWriter, req *http.Request) {
		id, _ := stored.ParseID(req.PathValue("id"))
		if refused(w, local.Remove(req.Context(), id)) {
			return
		}
		logger.Info("a stored transfer was taken down", "id", id.String())
		w.WriteHeader(http.StatusNoContent)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)}
	end := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer end()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// refused answers with an error, if there is one.
func refused(w http.ResponseWriter, err error) bool {
	switch {
	case errors.Is(err, stored.ErrUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	return err != nil
}
