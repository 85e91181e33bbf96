package s3store

import "time"

// SetPatience sets how long S3 may take for the next bytes of a part.
func (b *Blobs) SetPatience(d time.Duration) { b.patience = d }
