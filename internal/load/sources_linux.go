package main

// manySources: every address of 127.0.0.0/8 is one of this machine.
const manySources = true
