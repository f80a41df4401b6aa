# Of every bash that somebody sits at.
case $- in
*i*) ;;
*) return ;;
esac
shopt -s checkwinsize histappend
HISTCONTROL=ignoreboth
HISTSIZE=1000

# The name of the machine; the folder; red for a status that is not 0.
PS1='\[\e[1;36m\]\u@\h\[\e[m\] \[\e[1;34m\]\w\[\e[m\]\[$(
	[ $? = 0 ] && printf "\\e[m" || printf "\\e[1;31m")\]\$\[\e[m\] '
LS_COLORS='di=1;34:ln=36:ex=1;32:pi=33:so=35:bd=1;33:cd=1;33:or=1;31:tw=34;42:ow=34;42'
LS_COLORS+=':*.tar=31:*.gz=31:*.xz=31'
export LS_COLORS
alias ls='ls --color=auto'
alias grep='grep --color=auto'
alias ll='ls -l'
alias la='ls -la'
