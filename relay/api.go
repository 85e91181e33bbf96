package relay

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// bodyTimeout is how long the body of a request may take.
const bodyTimeout = 10 * time.Second

// serveOpen opens a room.
func (r *Relay) serveOpen(w http.ResponseWriter, req *http.Request) {
	client := r.config.Access.clientAddr(req)
	if !r.config.Access.serves(client) {
		r.refuse(w, refusal{code: wire.RoomDenied})
		return
	}
	if wait := r.opens.wait(client); wait > 0 {
		r.refuse(w, refusal{wire.RoomRate, wait})
		return
	}
	// Not every ResponseWriter supports this. The server's own timeout is the fallback.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, wire.MaxRoomBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		r.refuse(w, refusal{code: wire.RoomTooLarge})
		return
	}
	var request wire.OpenRequest
	if err == nil {
		request, err = wire.ParseOpenRequest(body)
	}
	if err != nil {
		r.rejected(wire.RoomMalformed.String())
		refuse(w, http.StatusBadRequest, wire.RoomMalformed.String(),
			`Send {"nonce":"<32 hex digits>"}, "nameplate" to ask for a certain one, and "words": how many the code has.`)
		return
	}
	token, why := r.checkPassword(client, request.Password)
	if why.code != 0 {
		r.refuse(w, why)
		return
	}
	room, code := r.openRoom(req.Context(), request, owner{client: clientKey(client), token: token})
	switch code {
	case 0:
		r.config.Logger.Debug("room opened")
		answer(w, http.StatusCreated, wire.OpenReply{
			Nameplate: room.nameplate, Ticket: room.ticket, Expires: r.config.UnclaimedTTL,
		}.Append(nil))
		return
	case wire.RoomTaken:
		r.missed(client, request.Nameplate)
		why = refusal{code: code}
	case wire.RoomClosing:
		why = refusal{code: code}
	case wire.RoomUnavailable:
		why = refusal{code, unavailableRetry}
	default:
		why = refusal{code, fullRetry}
	}
	r.refuse(w, why)
}

// openRoom opens a room here.
func (r *Relay) openRoom(ctx context.Context, request wire.OpenRequest, holder owner) (*room, wire.RoomErrorCode) {
	if r.node == nil {
		return r.table.open(request, holder)
	}
	return r.node.open(ctx, request, holder)
}

// refuse answers with a refusal, and says when to try again if that is known.
func (r *Relay) refuse(w http.ResponseWriter, why refusal) {
	r.rejected(why.code.String())
	if why.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wire.RetrySeconds(why.retry))))
	}
	refuse(w, httpStatus(why.code), why.code.String(), explainOpening(why.code))
}

func httpStatus(code wire.RoomErrorCode) int {
	switch code {
	case wire.RoomRate, wire.RoomQuota:
		return http.StatusTooManyRequests
	case wire.RoomPassword, wire.RoomDenied:
		return http.StatusForbidden
	case wire.RoomTaken:
		return http.StatusConflict
	case wire.RoomTooLarge:
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusServiceUnavailable
	}
}

// explainOpening is explain for a request for a room.
func explainOpening(code wire.RoomErrorCode) string {
	switch code {
	case wire.RoomTaken:
		return "That nameplate is taken; choose another, or none."
	case wire.RoomFull:
		return "The relay has no room left; try again later."
	default:
		return explain(code)
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
