package relay

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// bodyTimeout is how long the body of a request may take.
const bodyTimeout = 10 * time.Second

// serveOpen opens a room.
func (r *Relay) serveOpen(w http.ResponseWriter, req *http.Request) {
	if delay := r.opens.wait(r.clientAddr(req)); delay > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(delay.Seconds()))))
		refuse(w, http.StatusTooManyRequests, wire.RoomRate.String(), explain(wire.RoomRate))
		return
	}
	// Not every ResponseWriter supports this. The server's own timeout is the fallback.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, wire.MaxRoomBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, wire.RoomTooLarge.String(), explain(wire.RoomTooLarge))
		return
	}
	var request wire.OpenRequest
	if err == nil {
		request, err = wire.ParseOpenRequest(body)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, wire.RoomMalformed.String(),
			`Send {"nonce":"<32 hex digits>"}, "nameplate" to ask for a certain one, and "words": how many the code has.`)
		return
	}
	room, code := r.table.open(request)
	switch code {
	case 0:
		r.config.Logger.Debug("room opened")
		answer(w, http.StatusCreated, wire.OpenReply{
			Nameplate: room.nameplate, Ticket: room.ticket, Expires: r.config.UnclaimedTTL,
		}.Append(nil))
	case wire.RoomTaken:
		refuse(w, http.StatusConflict, code.String(), "That nameplate is taken; choose another, or none.")
	case wire.RoomFull:
		refuse(w, http.StatusServiceUnavailable, code.String(), "The relay has no room left; try again later.")
	default:
		refuse(w, http.StatusServiceUnavailable, code.String(), explain(code))
	}
}

// serveHealth says that the process is alive.
func (r *Relay) serveHealth(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, r.health("ok").Append(nil))
}

// serveReady says whether rooms can be opened, for load balancers.
func (r *Relay) serveReady(w http.ResponseWriter, _ *http.Request) {
	if _, open := r.table.size(); !open {
		answer(w, http.StatusServiceUnavailable, r.health("closing").Append(nil))
		return
	}
	answer(w, http.StatusOK, r.health("ok").Append(nil))
}

func (r *Relay) health(status string) wire.RelayHealth {
	rooms, _ := r.table.size()
	return wire.RelayHealth{
		Service: wire.RelayService, Status: status, Version: r.config.Version, Protocol: wire.RoomVersion,
		Rooms: rooms, MaxRooms: r.config.MaxRooms,
	}
}

// refuse answers with an error: a word for programs and a sentence for people.
func refuse(w http.ResponseWriter, status int, word, message string) {
	body, err := json.Marshal(struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{word, message})
	if err != nil {
		status = http.StatusInternalServerError
	}
	answer(w, status, body)
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone
}
