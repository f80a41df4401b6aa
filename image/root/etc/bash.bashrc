# Of every bash that somebody sits at.
case $- in
*i*) ;;
*) return ;;
esac
shopt -s checkwinsize histappend
HISTCONTROL=ignoreboth
HISTSIZE=1000

if [ "$TERM" = dumb ]; then
	PS1='\u@\h \w\$ '
	return
fi
# The name of the machine; the folder; red for a status that is not 0, found out without
# a program.
PROMPT_COMMAND='[ $? = 0 ] && prompt_colour= || prompt_colour="1;31"'
PS1='\[\e[1;36m\]\u@\h\[\e[m\] \[\e[1;34m\]\w\[\e[m\]\[\e[${prompt_colour}m\]\$\[\e[m\] '
LS_COLORS='di=1;34:ln=36:ex=1;32:pi=33:so=35:bd=1;33:cd=1;33:or=1;31:tw=34;42:ow=34;42'
LS_COLORS+=':*.tar=31:*.gz=31:*.xz=31'
export LS_COLORS
alias ls='ls --color=auto'
alias grep='grep --color=auto'
alias ll='ls -l'
alias la='ls -la'
