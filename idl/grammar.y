/*
 * The grammar: all of bragi, and what is added to it (docs/language.md).
 *
 * LALR(1) without conflicts, recovery rules included; no precedence outside
 * of expressions, no feedback to the lexer. No word is reserved: a keyword is
 * shifted, and the token behind it decides. The roles within `words` are
 * given from the right by the checks: member name, type, modifiers. Each
 * action is one call of ast.c, or adds one item to a list.
 */
%define api.pure full
%define api.prefix {grammar_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { struct parse *parse }

%code requires {
#include "idl/ast.h"
#include "idl/parse.h"
}

%code {
/* The parser's stack is its frame's; deeper nesting is refused in parse.c. */
#define YYINITDEPTH 2000
#define YYMAXDEPTH 2000

#define YYLLOC_DEFAULT(result, parts, count)				\
	do {								\
		if (count)						\
			(result) = ast_join(&YYRHSLOC(parts, 1), count);	\
		else							\
			(result) = span_behind(YYRHSLOC(parts, 0));	\
	} while (0)

#include "idl/number.h"

/* Where a construct with attributes before it begins. */
#define FIRST(attributes, rest) ((attributes).size > 0 ? (attributes) : (rest))

int grammar_lex(GRAMMAR_STYPE *value, GRAMMAR_LTYPE *span,
	struct parse *parse);
static void grammar_error(GRAMMAR_LTYPE *span, struct parse *parse,
	const char *text);
}

%union {
	struct number number;
	struct ast_number id;
	struct ast_name *name;
	struct ast_path path;
	struct ast_text text;
	struct ast_expr *expr;
	struct ast_argument *argument;
	struct ast_arguments arguments;
	struct ast_attribute *attribute;
	struct ast_attributes attributes;
	struct ast_suffix *suffix;
	struct ast_suffixes suffixes;
	struct ast_word *word;
	struct ast_words words;
	struct ast_reserved *reserved;
	struct ast_reserveds reserveds;
	struct ast_member *member;
	struct ast_members members;
	struct ast_enumerator *enumerator;
	struct ast_enumerators enumerators;
	struct ast_item *item;
	struct ast_items items;
	struct ast_transition *transition;
	struct ast_transitions transitions;
	struct ast_declaration *declaration;
	struct ast_declarations declarations;
}

%token END 0 "the end of the file"
%token NAME "a name"
%token <number> NUMBER "a number"
%token FLOAT "a decimal number" STRING "a string"
%token ATTRIBUTE "an attribute"
%token ARROW "`->`" DOTDOT "`..`" LE "`<=`" SHL "`<<`" SHR "`>>`"
%token BAD
%token KW_BITS "`bits`" KW_CONST "`const`" KW_CONSTS "`consts`"
%token KW_ENUM "`enum`" KW_ERROR "`error`" KW_EVENT "`event`"
%token KW_FLEXIBLE "`flexible`" KW_GROUP "`group`" KW_HEAD "`head`"
%token KW_IMPORT "`import`" KW_INTERFACE "`interface`"
%token KW_MESSAGE "`message`" KW_METHOD "`method`"
%token KW_NAMESPACE "`namespace`" KW_NEWTYPE "`newtype`"
%token KW_ONEWAY "`oneway`" KW_RECORD "`record`" KW_RESERVED "`reserved`"
%token KW_STATE "`state`" KW_STRICT "`strict`" KW_STRUCT "`struct`"
%token KW_TABLE "`table`" KW_TAG "`tag`" KW_TAGS "`tags`"
%token KW_TAIL "`tail`" KW_USING "`using`" KW_VARIANT "`variant`"

%type <id> tag id_opt
%type <number> integer
%type <name> name openness
%type <path> path base failure
%type <text> string
%type <expr> expr default
%type <argument> argument
%type <arguments> arguments
%type <attribute> attribute
%type <attributes> attributes
%type <suffix> suffix
%type <suffixes> suffixes
%type <word> word
%type <words> words
%type <reserved> reserved
%type <reserveds> reserveds
%type <member> member parameter message_item
%type <members> members message_items member_block message_block
%type <members> parameters parameter_list reply
%type <enumerator> enumerator
%type <enumerators> enumerators
%type <item> item
%type <items> items item_block
%type <transition> transition
%type <transitions> transitions
%type <declaration> declaration message group_item
%type <declarations> declarations group_items

%left '|'
%left '^'
%left '&'
%left SHL SHR
%left '+' '-'
%left '*' '/' '%'
%precedence UNARY
%%
file:
	declarations		{ parse->file = $1; }
;

declarations:
	%empty			{ $$ = (struct ast_declarations){ 0 }; }
|	declarations attributes declaration {
		$$ = $1;
		AST_APPEND($$, ast_declaration_in(parse, FIRST(@2, @3), $3, $2));
	}
|	declarations error ';'	{ $$ = $1; }
|	declarations error '}'	{ $$ = $1; }
;

declaration:
	KW_NAMESPACE string ';' {
		$$ = ast_declaration(parse, @1, AST_NAMESPACE, NULL);
		$$->text = $2;
	}
|	KW_NAMESPACE path ';' {
		$$ = ast_declaration(parse, @1, AST_NAMESPACE, NULL);
		$$->path = $2;
	}
|	KW_IMPORT string ';' {
		$$ = ast_declaration(parse, @1, AST_IMPORT, NULL);
		$$->text = $2;
	}
|	KW_USING string '=' string ';' {
		$$ = ast_declaration(parse, @1, AST_USING, NULL);
		$$->text = $2;
		$$->target = $4;
	}
|	KW_RESERVED reserveds ';' {
		$$ = ast_declaration(parse, @1, AST_FILE_RESERVED, NULL);
		$$->reserved = $2;
	}
|	KW_CONST words '=' expr ';' {
		$$ = ast_declaration(parse, @1, AST_CONST, NULL);
		$$->words = $2;
		$$->value = $4;
	}
|	KW_NEWTYPE name '=' words ';' {
		$$ = ast_declaration(parse, @1, AST_NEWTYPE, $2);
		$$->words = $4;
	}
|	KW_GROUP '{' group_items '}' {
		$$ = ast_declaration(parse, @1, AST_GROUP, NULL);
		$$->declarations = $3;
	}
|	message
|	openness KW_ENUM name '{' enumerators comma_opt '}' {
		$$ = ast_declaration(parse, @2, AST_ENUM, $3);
		$$->openness = $1;
		$$->enumerators = $5;
	}
|	openness KW_CONSTS name word '{' enumerators comma_opt '}' {
		$$ = ast_declaration(parse, @2, AST_CONSTS, $3);
		$$->openness = $1;
		$$->words = ast_words((struct ast_words){ 0 }, $4);
		$$->enumerators = $6;
	}
|	openness KW_BITS name word '{' enumerators comma_opt '}' {
		$$ = ast_declaration(parse, @2, AST_BITS, $3);
		$$->openness = $1;
		$$->words = ast_words((struct ast_words){ 0 }, $4);
		$$->enumerators = $6;
	}
|	KW_STRUCT name base member_block {
		$$ = ast_declaration(parse, @1, AST_STRUCT, $2);
		$$->path = $3;
		$$->members = $4;
	}
|	KW_RECORD name base member_block {
		$$ = ast_declaration(parse, @1, AST_RECORD, $2);
		$$->path = $3;
		$$->members = $4;
	}
|	KW_TABLE name member_block {
		$$ = ast_declaration(parse, @1, AST_TABLE, $2);
		$$->members = $3;
	}
|	openness KW_VARIANT name member_block {
		$$ = ast_declaration(parse, @2, AST_VARIANT, $3);
		$$->openness = $1;
		$$->members = $4;
	}
|	KW_INTERFACE name base item_block {
		$$ = ast_declaration(parse, @1, AST_INTERFACE, $2);
		$$->path = $3;
		$$->items = $4;
	}
;

openness:
	%empty			{ $$ = NULL; }
|	KW_STRICT		{ $$ = ast_name(parse, @1); }
|	KW_FLEXIBLE		{ $$ = ast_name(parse, @1); }
;

base:
	%empty			{ $$ = (struct ast_path){ 0 }; }
|	':' path		{ $$ = $2; }
;

group_items:
	%empty			{ $$ = (struct ast_declarations){ 0 }; }
|	group_items attributes group_item {
		$$ = $1;
		AST_APPEND($$, ast_declaration_in(parse, FIRST(@2, @3), $3, $2));
	}
|	group_items error '}'	{ $$ = $1; }
;

group_item:
	message
|	KW_RESERVED reserveds ';' {
		$$ = ast_declaration(parse, @1, AST_FILE_RESERVED, NULL);
		$$->reserved = $2;
	}
;

message:
	KW_MESSAGE name id_opt base message_block {
		$$ = ast_declaration(parse, @1, AST_MESSAGE, $2);
		$$->number = $3;
		$$->path = $4;
		$$->members = $5;
	}
;

id_opt:
	%empty			{ $$ = (struct ast_number){ 0 }; }
|	NUMBER			{ $$ = ast_number($1, @1); }
;

/* An error ends at the next `;', or with the braces around it. */
message_block:
	'{' message_items '}'	{ $$ = $2; }
|	'{' message_items error '}' { $$ = $2; }
;

/* Sections are labels in one flat list: were `head' a node with its members
 * below it, the parser would have to know whether a word `head' opens the
 * next section or names a type before it has seen the word behind it. */
message_items:
	%empty			{ $$ = (struct ast_members){ 0 }; }
|	message_items message_item { $$ = $1; AST_APPEND($$, $2); }
|	message_items error ';'	{ $$ = $1; }
;

message_item:
	member
|	attributes KW_HEAD '(' expr ')' ':' {
		$$ = ast_section(parse, @2, AST_HEAD, $1, $4);
	}
|	attributes KW_TAIL ':' {
		$$ = ast_section(parse, @2, AST_TAIL, $1, NULL);
	}
;

member_block:
	'{' members '}'		{ $$ = $2; }
|	'{' members error '}'	{ $$ = $2; }
;

members:
	%empty			{ $$ = (struct ast_members){ 0 }; }
|	members member		{ $$ = $1; AST_APPEND($$, $2); }
|	members error ';'	{ $$ = $1; }
;

member:
	attributes words default ';' {
		$$ = ast_field(parse, @$, $1, $2, $3);
	}
|	attributes tag attributes words default ';' {
		$$ = ast_tagged(parse, @$, $1, $2,
			ast_field(parse, @4, $3, $4, $5));
	}
|	attributes KW_TAGS member_block {
		$$ = ast_tags(parse, @$, @2, $1, $3);
	}
|	attributes KW_RESERVED reserveds ';' {
		$$ = ast_reserved_member(parse, @2, $1, $3);
	}
;

tag:
	KW_TAG '(' NUMBER ')'	{ $$ = ast_number($3, @3); }
;

default:
	%empty			{ $$ = NULL; }
|	'=' expr		{ $$ = $2; }
;

/* [modifier...] type name; one word alone is an arm without a value. */
words:
	word			{ $$ = ast_words((struct ast_words){ 0 }, $1); }
|	words word		{ $$ = ast_words($1, $2); }
;

word:
	path suffixes		{ $$ = ast_word(parse, @$, $1, $2); }
;

suffixes:
	%empty			{ $$ = (struct ast_suffixes){ 0 }; }
|	suffixes suffix		{ $$ = $1; AST_APPEND($$, $2); }
;

suffix:
	'[' ']'			{ $$ = ast_suffix(parse, @$, AST_LIST, NULL); }
|	'[' expr ']'		{ $$ = ast_suffix(parse, @$, AST_ARRAY, $2); }
|	'[' LE expr ']'		{ $$ = ast_suffix(parse, @$, AST_BOUND, $3); }
|	'<' arguments '>'	{ $$ = ast_angle(parse, @$, $2); }
;

enumerators:
	enumerator {
		$$ = (struct ast_enumerators){ 0 };
		if ($1 != NULL)
			AST_APPEND($$, $1);
	}
|	enumerators ',' enumerator {
		$$ = $1;
		if ($3 != NULL)
			AST_APPEND($$, $3);
	}
;

enumerator:
	attributes name default	{ $$ = ast_enumerator(parse, @$, $1, $2, $3); }
|	attributes KW_RESERVED reserved {
		$$ = ast_reserved_enumerator(parse, $1, $3);
	}
|	error			{ $$ = NULL; }
;

comma_opt:	%empty | ',' ;

item_block:
	'{' items '}'		{ $$ = $2; }
|	'{' items error '}'	{ $$ = $2; }
;

items:
	%empty			{ $$ = (struct ast_items){ 0 }; }
|	items attributes item {
		$$ = $1;
		AST_APPEND($$, ast_item_in(parse, FIRST(@2, @3), $3, $2));
	}
|	items error ';'		{ $$ = $1; }
;

item:
	KW_METHOD name id_opt parameters reply failure ';' {
		$$ = ast_method(parse, @1, AST_METHOD, $2, $3, $4, $5, $6);
	}
|	KW_METHOD name path ARROW path failure ';' {
		$$ = ast_declared_method(parse, @1, AST_METHOD, $2, $3, $5, $6);
	}
|	KW_ONEWAY name id_opt parameters ';' {
		$$ = ast_method(parse, @1, AST_ONEWAY, $2, $3, $4,
			(struct ast_members){ 0 }, (struct ast_path){ 0 });
	}
|	KW_ONEWAY name path ';' {
		$$ = ast_declared_method(parse, @1, AST_ONEWAY, $2, $3,
			(struct ast_path){ 0 }, (struct ast_path){ 0 });
	}
|	KW_EVENT name id_opt parameters ';' {
		$$ = ast_method(parse, @1, AST_EVENT, $2, $3, $4,
			(struct ast_members){ 0 }, (struct ast_path){ 0 });
	}
|	KW_EVENT name path ';' {
		$$ = ast_declared_method(parse, @1, AST_EVENT, $2, $3,
			(struct ast_path){ 0 }, (struct ast_path){ 0 });
	}
|	KW_ERROR path ';' {
		$$ = ast_item(parse, @1, AST_ERROR);
		$$->error = $2;
	}
|	KW_RESERVED reserveds ';' {
		$$ = ast_item(parse, @1, AST_ITEM_RESERVED);
		$$->reserved = $2;
	}
|	KW_STATE name '{' transitions comma_opt '}' {
		$$ = ast_item(parse, @1, AST_STATE);
		$$->name = $2;
		$$->transitions = $4;
	}
;

reply:
	%empty			{ $$ = (struct ast_members){ 0 }; }
|	ARROW parameters	{ $$ = $2; }
;

failure:
	%empty			{ $$ = (struct ast_path){ 0 }; }
|	KW_ERROR path		{ $$ = $2; }
;

parameters:
	'(' ')'			{ $$ = (struct ast_members){ 0 }; }
|	'(' parameter_list comma_opt ')' { $$ = $2; }
;

parameter_list:
	parameter {
		$$ = (struct ast_members){ 0 };
		AST_APPEND($$, $1);
	}
|	parameter_list ',' parameter { $$ = $1; AST_APPEND($$, $3); }
;

parameter:
	attributes words default { $$ = ast_field(parse, @$, $1, $2, $3); }
;

transitions:
	transition {
		$$ = (struct ast_transitions){ 0 };
		AST_APPEND($$, $1);
	}
|	transitions ',' transition { $$ = $1; AST_APPEND($$, $3); }
;

transition:
	name			{ $$ = ast_transition(parse, $1, NULL); }
|	name ARROW name		{ $$ = ast_transition(parse, $1, $3); }
;

reserveds:
	reserved {
		$$ = (struct ast_reserveds){ 0 };
		AST_APPEND($$, $1);
	}
|	reserveds ',' reserved	{ $$ = $1; AST_APPEND($$, $3); }
;

reserved:
	integer			{ $$ = ast_reserved_range(parse, @$, $1, $1); }
|	integer DOTDOT integer	{ $$ = ast_reserved_range(parse, @$, $1, $3); }
|	string			{ $$ = ast_reserved_name(parse, $1); }
;

integer:
	NUMBER
|	'-' NUMBER		{ $$ = number_negate($2); }
;

attributes:
	%empty			{ $$ = (struct ast_attributes){ 0 }; }
|	attributes attribute	{ $$ = $1; AST_APPEND($$, $2); }
;

attribute:
	ATTRIBUTE {
		$$ = ast_attribute(parse, @1, (struct ast_arguments){ 0 });
	}
|	ATTRIBUTE '(' arguments ')' { $$ = ast_attribute(parse, @1, $3); }
;

arguments:
	argument {
		$$ = (struct ast_arguments){ 0 };
		AST_APPEND($$, $1);
	}
|	arguments ',' argument	{ $$ = $1; AST_APPEND($$, $3); }
;

argument:
	expr			{ $$ = ast_argument(parse, @$, NULL, $1); }
|	name '=' expr		{ $$ = ast_argument(parse, @$, $1, $3); }
;

expr:
	NUMBER			{ $$ = ast_number_expr(parse, @$, $1); }
|	FLOAT			{ $$ = ast_float_expr(parse, @$); }
|	string			{ $$ = ast_string_expr(parse, $1); }
|	path			{ $$ = ast_path_expr(parse, $1); }
|	'(' expr ')'		{ $$ = $2; $$->span = @$; }
|	'-' expr %prec UNARY	{ $$ = ast_unary(parse, @$, '-', $2); }
|	'+' expr %prec UNARY	{ $$ = ast_unary(parse, @$, '+', $2); }
|	'~' expr %prec UNARY	{ $$ = ast_unary(parse, @$, '~', $2); }
|	expr '|' expr		{ $$ = ast_binary(parse, @$, $1, '|', $3); }
|	expr '^' expr		{ $$ = ast_binary(parse, @$, $1, '^', $3); }
|	expr '&' expr		{ $$ = ast_binary(parse, @$, $1, '&', $3); }
|	expr SHL expr		{ $$ = ast_binary(parse, @$, $1, AST_SHIFT_LEFT, $3); }
|	expr SHR expr		{ $$ = ast_binary(parse, @$, $1, AST_SHIFT_RIGHT, $3); }
|	expr '+' expr		{ $$ = ast_binary(parse, @$, $1, '+', $3); }
|	expr '-' expr		{ $$ = ast_binary(parse, @$, $1, '-', $3); }
|	expr '*' expr		{ $$ = ast_binary(parse, @$, $1, '*', $3); }
|	expr '/' expr		{ $$ = ast_binary(parse, @$, $1, '/', $3); }
|	expr '%' expr		{ $$ = ast_binary(parse, @$, $1, '%', $3); }
;

string:		STRING		{ $$ = ast_text(parse, @1); } ;

path:
	name			{ $$ = ast_path((struct ast_path){ 0 }, $1); }
|	path '.' name		{ $$ = ast_path($1, $3); }
;

name:		word_token	{ $$ = ast_name(parse, @1); } ;

word_token:
	NAME
|	KW_BITS | KW_CONST | KW_CONSTS | KW_ENUM | KW_ERROR | KW_EVENT
|	KW_FLEXIBLE | KW_GROUP | KW_HEAD | KW_IMPORT | KW_INTERFACE
|	KW_MESSAGE | KW_METHOD | KW_NAMESPACE | KW_NEWTYPE | KW_ONEWAY
|	KW_RECORD | KW_RESERVED | KW_STATE | KW_STRICT | KW_STRUCT
|	KW_TABLE | KW_TAG | KW_TAGS | KW_TAIL | KW_USING | KW_VARIANT
;
%%
static void grammar_error(GRAMMAR_LTYPE *span, struct parse *parse,
	const char *text)
{
	/* Syntax errors go the other way; this is bison's stack being full,
	 * as by a thousand signs before a number. */
	(void)text;
	parse_too_deep(parse, *span);
}

static int yyreport_syntax_error(const yypcontext_t *context, struct parse *parse)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	const char *wanted[YYNTOKENS];
	int count = yypcontext_expected_tokens(context, kinds, YYNTOKENS), i;
	yysymbol_kind_t next = YYTRANSLATE(parse_next(parse).kind);
	bool next_is_wanted = false;

	for (i = 0; i < count; i++) {
		wanted[i] = yysymbol_name(kinds[i]);
		next_is_wanted = next_is_wanted || kinds[i] == next;
	}
	parse_syntax_error(parse, wanted, count > 0 ? (size_t)count : 0,
		next_is_wanted);
	return 0;
}
