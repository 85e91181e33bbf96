// Package bundle receives into two files: one with the data of all files of a
// transfer, and a journal of what is in it. That suits a browser, where opening a
// file costs more than writing a small one, and where a file of its storage can
// be handed to the person in pieces without reading it.
//
//	store.go    all bundles of a device: it takes up the unfinished one of an offer
//	expire.go   what was saved is deleted after a while
//	bundle.go   one bundle, a files.Destination
//	file.go     one file in it
//	sync.go     when what is verified is synced and recorded
//	journal.go  the journal: records, and what they say
//	zip.go      a finished bundle as the pieces of a ZIP archive
//	blob.go     the port: what a bundle needs of a storage
//
// Nothing is believed that was not verified and synced: the journal records a
// block only after its data is on the storage, and a block that the journal lists
// is hashed again before it counts.
//
// Start with Store and Bundle.
package bundle
