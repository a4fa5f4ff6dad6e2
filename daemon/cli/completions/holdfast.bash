# Completion of holdfast for bash. Written by: holdfast completion bash

_holdfast() {
  local IFS=$'\n' word value typed=${COMP_WORDS[COMP_CWORD]} words=() index
  COMPREPLY=()
  # Bash gives "--account=al" as three words. What is typed is taken as it is, and never evaluated.
  for ((index = 1; index <= COMP_CWORD; index += 1)); do
    word=${COMP_WORDS[index]}
    if [[ $word == '=' ]]; then
      ((index < COMP_CWORD)) && continue
      word= typed=
    fi
    words+=("${word//[\\\'\"]/}")
  done
  while IFS= read -r value; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$typed")
      return
    fi
    value=${value%%$'\t'*}
    # A name with blanks or signs is written so that the shell reads it as one word, and as text.
    printf -v word %q "$value"
    if [[ $typed != [\'\"]* || $word == "$value" ]]; then COMPREPLY+=("$word"); fi
  done < <(command holdfast __complete -- "${words[@]}" 2>/dev/null </dev/null)
}

complete -F _holdfast holdfast
