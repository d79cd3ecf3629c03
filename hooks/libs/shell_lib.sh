# Hooks in bash: source this file, define __config__ and handlers, and end with: hook::run "$@"
#
# Handlers, the first that exists is called for each context:
#   __on_startup
#   __on_schedule::<name>
#   __on_kubernetes::<name>::synchronization, ::added, ::modified, ::deleted, ::added_or_modified
#   __on_kubernetes::<name>
#   __on_group::<group>
#   __on_before_all, __on_after_all, __on_before_helm, __on_after_helm, __on_before_delete_helm, __on_after_delete_helm
#   __main__
set -Eeuo pipefail
shopt -s failglob

trap 'hook::__backtrace $? >&2' ERR

# Runs the hook: prints the configuration, or calls a handler for each context.
hook::run() {
	if [[ ${1-} == --config ]]; then
		__config__
		return
	fi
	local line index=0 candidates=()
	local -a contexts
	# One jq for all contexts: a line of binding, type, event, group for each, parted by a byte that names cannot have.
	mapfile -t contexts < <(jq -r '.[] | [.binding, .type // "", .watchEvent // "", .groupName // ""] | join("\u001f")' "$BINDING_CONTEXT_PATH")
	for line in "${contexts[@]}"; do
		export BINDING_CONTEXT_CURRENT_INDEX=$index
		export BINDING_CONTEXT_CURRENT_BINDING=${line%%$'\x1f'*}
		hook::__candidates "$line"
		hook::__call "${candidates[@]}"
		index=$((index + 1))
	done
}

# Runs jq on the current context, on all contexts.
context::jq() { jq "${@:1:$#-1}" ".[$BINDING_CONTEXT_CURRENT_INDEX] | (${*: -1})" "$BINDING_CONTEXT_PATH"; }
context::global::jq() { jq "$@" "$BINDING_CONTEXT_PATH"; }

# Prints the value at a dotted path of the current context; with --required its absence is an error.
context::get() {
	local required=""
	if [[ $1 == --required ]]; then
		required=yes
		shift
	fi
	if [[ $required ]] && ! context::has "$1"; then
		echo "the context has no $1" >&2
		return 1
	fi
	context::jq -r --arg path "$1" 'getpath($path | split("."))'
}

context::has() {
	context::jq -e --arg path "$1" '($path | split(".")) as $p | [getpath($p[:-1])? | objects | has($p[-1])] | any' >/dev/null
}
context::is_true() { context::jq -e --arg path "$1" 'getpath($path | split(".")) == true' >/dev/null; }
context::is_false() { context::jq -e --arg path "$1" 'getpath($path | split(".")) == false' >/dev/null; }
context::is_null() { context::jq -e --arg path "$1" 'getpath($path | split(".")) == null' >/dev/null; }

# Prints the value at a JSON pointer in the values, in the configuration. A text is printed as it is.
values::get() { hook::__pointer "$VALUES_PATH" "$1"; }
config::get() { hook::__pointer "$CONFIG_VALUES_PATH" "$1"; }

# Sets the value, given as JSON, at a JSON pointer in the values, in the configuration; removes it.
values::set() { printf '{"op":"add","path":"%s","value":%s}\n' "$1" "$2" >>"$VALUES_JSON_PATCH_PATH"; }
values::unset() { printf '{"op":"remove","path":"%s"}\n' "$1" >>"$VALUES_JSON_PATCH_PATH"; }
config::set() { printf '{"op":"add","path":"%s","value":%s}\n' "$1" "$2" >>"$CONFIG_VALUES_JSON_PATCH_PATH"; }
config::unset() { printf '{"op":"remove","path":"%s"}\n' "$1" >>"$CONFIG_VALUES_JSON_PATCH_PATH"; }

hook::__pointer() {
	jq -r --arg pointer "$2" 'getpath($pointer | split("/")[1:] | map(gsub("~1"; "/") | gsub("~0"; "~")))' "$1"
}

# Sets candidates to the handlers for a context, in order.
hook::__candidates() {
	local binding type event group
	IFS=$'\x1f' read -r binding type event group <<<"$1" || true
	local kubernetes="__on_kubernetes::$binding"
	candidates=()
	case "$type" in
	Schedule) candidates=("__on_schedule::$binding") ;;
	Synchronization) candidates=("$kubernetes::synchronization" "$kubernetes") ;;
	Event)
		candidates=("$kubernetes::${event,,}")
		[[ $event == Deleted ]] || candidates+=("$kubernetes::added_or_modified")
		candidates+=("$kubernetes")
		;;
	Group) candidates=("__on_group::$group") ;;
	*)
		case "$binding" in
		onStartup) candidates=(__on_startup) ;;
		beforeAll) candidates=(__on_before_all) ;;
		afterAll) candidates=(__on_after_all) ;;
		beforeHelm) candidates=(__on_before_helm) ;;
		afterHelm) candidates=(__on_after_helm) ;;
		beforeDeleteHelm) candidates=(__on_before_delete_helm) ;;
		afterDeleteHelm) candidates=(__on_after_delete_helm) ;;
		esac
		;;
	esac
	candidates+=(__main__)
}

# Calls the first handler that exists, in a subshell, so that one cannot disturb the next.
hook::__call() {
	local handler
	for handler in "$@"; do
		if declare -F "$handler" >/dev/null; then
			("$handler")
			return
		fi
	done
	printf 'no handler for the binding %s; define one of:\n' "$BINDING_CONTEXT_CURRENT_BINDING" >&2
	printf '  %s\n' "$@" >&2
	exit 1
}

hook::__backtrace() {
	local i
	echo "exit code $1 of: $BASH_COMMAND"
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		echo "  ${BASH_SOURCE[i]}:${BASH_LINENO[i - 1]} ${FUNCNAME[i]}"
	done
}

for __framework in $(compgen -G '/frameworks/shell/*.sh' || true); do
	# shellcheck source=/dev/null
	source "$__framework"
done
unset __framework
