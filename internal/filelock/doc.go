// Package filelock locks open files against other processes. A lock ends when its
// file is closed or its process ends. Start with [Try], [Wait] and [Hold].
package filelock
