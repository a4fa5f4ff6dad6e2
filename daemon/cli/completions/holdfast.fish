# Completion of holdfast for fish. Written by: holdfast completion fish

function __holdfast_complete
    # Tokens with their quotes taken off; nothing that is typed is evaluated.
    set --local words (commandline --tokenize --current-process --cut-at-cursor)
    set --local typed (commandline --current-token --cut-at-cursor | string unescape 2>/dev/null)
    set --local lines (command holdfast __complete -- $words[2..] "$typed" 2>/dev/null </dev/null)
    if test "$lines" = :files
        __fish_complete_path "$typed"
    else if set --query lines[1]
        printf '%s\n' $lines
    end
end

complete --command holdfast --no-files --arguments '(__holdfast_complete)'
