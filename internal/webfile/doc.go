// Package webfile sends the File objects of a browser: what a person picked or
// dropped onto a page. Nothing is read before it is sent. Start with New.
package webfile
