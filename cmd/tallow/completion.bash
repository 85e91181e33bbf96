# The three functions below take the place of those of the bash-completion package
# where it is not loaded.

# __tallow_words sets words and cword to the words of the command line, with those
# joined that bash breaks at "=" and ":", and cur and prev to the last two.
__tallow_words()
{
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@"
        return
    fi
    local i word line=$COMP_LINE
    words=()
    cword=$COMP_CWORD
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $i -gt 0 && $line != [[:space:]]* && ($word == [=:]* || ${COMP_WORDS[i-1]} == *[=:]) ]]; then
            words[${#words[@]}-1]+=$word
            if [[ $i -le $COMP_CWORD ]]; then
                cword=$((cword - 1))
            fi
        else
            words+=("$word")
            line=${line#"${line%%[![:space:]]*}"}
        fi
        line=${line#"$word"}
    done
    cur=${words[cword]}
    prev=
    if [[ $cword -gt 0 ]]; then
        prev=${words[cword-1]}
    fi
}

# __tallow_files completes the names of files, or with -d of folders.
__tallow_files()
{
    if declare -F _filedir >/dev/null 2>&1; then
        _filedir "$@"
        return
    fi
    local kind=-f name
    if [[ ${1-} == -d ]]; then
        kind=-d
    fi
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        COMPREPLY+=("$name")
    done < <(compgen $kind -- "$cur")
}

