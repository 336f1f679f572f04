# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion: commands and options are those that the program's own help tells.

function __lastword_commands
    lastword help | string replace -rf '^  ([a-z][a-z-]*) +(.*)' '$1\t$2'
end

function __lastword_words
    set -l words (commandline -opc | string match -rv '^-' )
    set -l verb $words[2]
    test -n "$verb"; or return
    test $verb = netconsole; and set -l more $words[3]
    lastword $verb $more --help 2>/dev/null | string match -rag -- '(--[a-z][a-z-]*)' | sort -u
    lastword help | string replace -rf "^  $verb +([a-z_-]+(\|[a-z_-]+)+) .*" '$1' | string split '|'
end

complete -c lastword -l root -r -F -d 'take /proc, /sys, /etc and /boot from a directory'
complete -c lastword -l json -d 'as JSON'
complete -c lastword -n __fish_use_subcommand -f -a '(__lastword_commands)'
complete -c lastword -n 'not __fish_use_subcommand' -a '(__lastword_words)'
