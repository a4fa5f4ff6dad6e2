#compdef holdfast
# Completion of holdfast for zsh. Written by: holdfast completion zsh

_holdfast() {
  local line
  local -a given values shown
  # Quotes are taken off; nothing that is typed is evaluated.
  given=("${(@Q)words[2,CURRENT]}")
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    values+=("${line%%$'\t'*}")
    if [[ ${line#*$'\t'} == '' ]]; then shown+=("${values[-1]}"); else shown+=("${values[-1]}  -- ${line#*$'\t'}"); fi
  done < <(command holdfast __complete -- "${given[@]}" 2>/dev/null </dev/null)
  compadd -l -d shown -a values
}

if [[ ${funcstack[1]} == _holdfast ]]; then
  _holdfast "$@"
else
  compdef _holdfast holdfast
fi
