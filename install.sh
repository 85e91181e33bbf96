#!/bin/sh
# Installs tallow: downloads the release for this machine, compares its SHA-256 with the
# one that the release names, and puts the program into a folder. It needs no root.
#
#   sh install.sh                     the newest release
#   sh install.sh -v 1.2.3            that one
#   sh install.sh -b ~/bin            into that folder
#
# Without -b it goes to /usr/local/bin where that can be written to, else to ~/.local/bin.
# The environment may say the same: TALLOW_VERSION, TALLOW_INSTALL_DIR. TALLOW_RELEASES is
# another place for releases, laid out as those of GitHub are.
set -eu

main() {
	releases=${TALLOW_RELEASES:-https://github.com/tallow-transfer/tallow/releases}
	version=${TALLOW_VERSION:-}
	dir=${TALLOW_INSTALL_DIR:-}
	while getopts b:v:h option; do
		case $option in
		b) dir=$OPTARG ;;
		v) version=$OPTARG ;;
		h)
			echo "usage: install.sh [-b FOLDER] [-v VERSION]"
			exit 0
			;;
		*) fail "usage: install.sh [-b FOLDER] [-v VERSION]" ;;
		esac
	done
	[ -n "$dir" ] || dir=$(usual_dir)
	platform=$(platform)

	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM

	from=$releases/latest/download
	[ -z "$version" ] || from=$releases/download/v${version#v}
	download "$from/checksums.txt" "$tmp/checksums.txt"
	archive=$(archive_name "$tmp/checksums.txt" "$platform")
	[ -n "$archive" ] || fail "this release has no program for $platform. With Go: go install github.com/tallow-transfer/tallow/cmd/tallow@latest"
	download "$from/$archive" "$tmp/$archive"
	verify "$tmp" "$archive"

	tar -xzf "$tmp/$archive" -C "$tmp" tallow || fail "$archive has no tallow in it"
	"$tmp/tallow" version >"$tmp/version" || fail "the program for $platform does not run on this machine"
	place "$tmp/tallow" "$dir"
	echo "Installed $(head -n 1 "$tmp/version") as $dir/tallow"
	case :$PATH: in
	*:"$dir":*) ;;
	*) echo "This folder is not in PATH. Add it, or run $dir/tallow" ;;
	esac
}

fail() {
	echo "install.sh: $1" >&2
	exit 1
}

# usual_dir prints the folder to install into.
usual_dir() {
	if [ -d /usr/local/bin ] && [ -w /usr/local/bin ]; then
		echo /usr/local/bin
	else
		echo "${HOME:?is not set; give a folder with -b}/.local/bin"
	fi
}

# platform prints the system and processor of this machine, as releases name them.
platform() {
	system=$(uname -s)
	machine=$(uname -m)
	case $system in
	Linux) system=linux ;;
	Darwin) system=darwin ;;
	FreeBSD) system=freebsd ;;
	*) fail "there is no program for the system $system here. For Windows: scoop or winget, see the README" ;;
	esac
	case $machine in
	x86_64 | amd64) machine=amd64 ;;
	aarch64 | arm64) machine=arm64 ;;
	armv7* | armv8l) machine=armv7 ;;
	*) fail "there is no program for the processor $machine. With Go: go install github.com/tallow-transfer/tallow/cmd/tallow@latest" ;;
	esac
	echo "${system}_$machine"
}

# download gets a URL into a file. What begins with HTTPS stays with it.
download() {
	if command -v curl >/dev/null; then
		case $1 in
		https:*) curl -fsSL --proto '=https' --retry 2 -o "$2" "$1" ;;
		*) curl -fsSL --retry 2 -o "$2" "$1" ;;
		esac
	elif command -v wget >/dev/null; then
		wget -q -O "$2" "$1"
	elif command -v fetch >/dev/null; then
		fetch -q -o "$2" "$1"
	else
		fail "curl, wget or fetch is needed to download"
	fi || fail "$1 could not be downloaded"
}

# archive_name prints the name of the archive for a platform, from the list of checksums.
archive_name() {
	while read -r _ name; do
		case $name in
		*/*) ;; # no file of a release
		tallow_*_"$2".tar.gz)
			echo "$name"
			return
			;;
		esac
	done <"$1"
}

# verify compares the SHA-256 of a file in a folder with that of the list there.
verify() {
	want=$(while read -r sum name; do
		[ "$name" != "$2" ] || echo "$sum"
	done <"$1/checksums.txt")
	got=$(sum_of "$1/$2")
	[ -n "$got" ] || fail "sha256sum, shasum, sha256 or openssl is needed to check what was downloaded"
	[ "$got" = "$want" ] || fail "the SHA-256 of $2 is $got, and should be $want. Nothing was installed; try again, and report it if it stays so"
}

# sum_of prints the SHA-256 of a file.
sum_of() {
	if command -v sha256sum >/dev/null; then
		sha256sum <"$1"
	elif command -v shasum >/dev/null; then
		shasum -a 256 <"$1"
	elif command -v sha256 >/dev/null; then
		sha256 -q "$1"
	elif command -v openssl >/dev/null; then
		openssl dgst -sha256 -r <"$1"
	fi | cut -d ' ' -f 1
}

# place puts a program into a folder under its name, in one step, so that one that runs is
# replaced too.
place() {
	mkdir -p "$2" || fail "$2 cannot be made. Give another folder with -b"
	staged=$2/.tallow.$$
	if ! cp "$1" "$staged" || ! chmod 755 "$staged" || ! mv -f "$staged" "$2/tallow"; then
		rm -f "$staged"
		fail "$2 cannot be written to. Give another folder with -b"
	fi
}

main "$@"
