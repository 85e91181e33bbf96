package tallow

import "context"

// storeStream stores nothing: a browser has no streams, and no file to keep one in.
func (*storing) storeStream(context.Context) (Result, error) {
	return Result{}, usage(ReasonNoDisk)
}
