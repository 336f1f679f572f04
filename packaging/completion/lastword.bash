# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for lastword and the names it is called by. Commands and options are those that the program's own help
# tells, so there is no list here to keep.

_lastword_options() {
	"$@" --help 2> /dev/null | grep -oE -- '(^|[ [,|])--?[a-zA-Z][a-zA-Z-]*' | grep -oE -- '--?[a-zA-Z].*' | sort -u
}

# The words of the first "one|two|three" in a usage line.
_lastword_choices() {
	grep -oE '[a-z_-]+(\|[a-z_-]+)+' | head -n 1 | tr '|' '\n'
}

_lastword() {
	local word=${COMP_WORDS[COMP_CWORD]} verb="" words="" more="" i name=${COMP_WORDS[0]##*/}

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) ((i++)) ;;
		-*) ;;
		*) verb=${COMP_WORDS[i]}; break ;;
		esac
	done
	case $name in
	kdumpctl)
		if [[ -z $verb ]]; then words=$(kdumpctl --help 2>&1 | _lastword_choices); else words="--kernel= --fadump= --force"; fi
		;;
	lastword)
		if [[ ${COMP_WORDS[COMP_CWORD-1]} == --root ]]; then
			words=
		elif [[ -z $verb ]]; then
			words="--root --json --help --version $(lastword help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')"
		elif [[ $word == -* ]]; then
			[[ $verb == netconsole ]] && ((i + 1 < COMP_CWORD)) && more=${COMP_WORDS[i + 1]}
			words=$(_lastword_options lastword "$verb" ${more:+"$more"})
		elif ((i + 1 == COMP_CWORD)); then
			words=$(lastword help | sed -n "s/^  $verb  *\([^ ]*\).*/\1/p" | _lastword_choices)
		fi
		;;
	*)
		[[ $word != -* ]] || words=$(_lastword_options "$name")
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _lastword lastword kdumpctl mkdumprd kexec makedumpfile vmcore-dmesg crash
