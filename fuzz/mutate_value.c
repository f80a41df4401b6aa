/*
 * Changes of what a message says: its value is changed and encoded again, so
 * that everything else fits. At times it goes just beyond what is allowed,
 * and then it is that alone which is wrong. See mutate.h.
 */
#include <string.h>

#include "fuzz/make.h"
#include "fuzz/mutate.h"
#include "fuzz/sites.h"

/* Lists are not made longer than this for no reason. */
#define LIST_LONG 300
/* Lists of such bounds are filled up to them. */
#define BOUND_NEAR 70000

static bool open_sites(struct fuzz_edit *edit, struct fuzz_sites *sites)
{
	const struct fuzz_trace *trace = fuzz_edit_trace(edit);
	struct value *value;

	if (!trace->good)
		return false;
	value = ARENA_NEW(edit->arena, struct value);
	*value = trace->value;
	fuzz_sites_find(edit->arena, edit->message->tree, value, sites);
	return true;
}

/* A random one of a kind; NULL if there is none. */
static struct fuzz_site *pick(struct fuzz_edit *edit, struct fuzz_sites *sites,
	bool (*fits)(const struct fuzz_site *site))
{
	size_t count = 0;
	size_t chosen;

	for (size_t i = 1; i < sites->count; i++)
		count += fits(&sites->items[i]);
	chosen = fuzz_below(&edit->random, count);
	for (size_t i = 1; i < sites->count; i++) {
		if (fits(&sites->items[i]) && chosen-- == 0)
			return &sites->items[i];
	}
	return NULL;
}

static struct fuzz_site *open_pick(struct fuzz_edit *edit, struct fuzz_sites *sites,
	bool (*fits)(const struct fuzz_site *site))
{
	return open_sites(edit, sites) ? pick(edit, sites, fits) : NULL;
}

/* Within the bounds if that can be, else beyond them. */
static bool close_sites(struct fuzz_edit *edit, struct fuzz_sites *sites)
{
	struct value *value = sites->items[0].value;

	return fuzz_edit_encode(edit, value, false) ||
		fuzz_edit_encode(edit, value, true);
}

static struct fuzz_maker maker_of(struct fuzz_edit *edit)
{
	struct fuzz_maker maker = {
		.arena = edit->arena, .random = &edit->random,
		.amount = (enum fuzz_amount)fuzz_below(&edit->random, 3),
		.values = 40, .depth = 1 + (unsigned)fuzz_below(&edit->random, 4),
	};

	return maker;
}

/* ---- lists ---- */

static bool is_list(const struct fuzz_site *site)
{
	return site->type->kind == TYPE_LIST;
}

static bool is_full_list(const struct fuzz_site *site)
{
	return is_list(site) && site->value->as.list.count;
}

static bool is_long_list(const struct fuzz_site *site)
{
	return is_list(site) && site->value->as.list.count > 1;
}

/* The same list with room for more, each element on its own. */
static struct value *unfold(struct fuzz_edit *edit, struct value *list, size_t more)
{
	size_t count = list->as.list.count;
	struct value *items = arena_alloc(edit->arena,
		(count + more + 1) * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = *value_item(list, i);
	list->as.list.items = items;
	list->as.list.repeats = false;
	return items;
}

bool fuzz_change_list_grow(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_list);
	struct fuzz_maker maker = maker_of(edit);
	struct value *items;
	struct value item;
	size_t count;
	size_t at;

	if (site == NULL || site->value->as.list.count > BOUND_NEAR)
		return false;
	count = site->value->as.list.count;
	items = unfold(edit, site->value, 1);
	at = fuzz_below(&edit->random, count + 1);
	item = count && fuzz_one_in(&edit->random, 2) ? fuzz_copy_value(edit->arena,
		&items[fuzz_below(&edit->random, count)]) :
		fuzz_make(&maker, site->type->element);
	memmove(&items[at + 1], &items[at], (count - at) * sizeof(*items));
	items[at] = item;
	site->value->as.list.count++;
	return close_sites(edit, &sites);
}

bool fuzz_change_list_shrink(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_full_list);
	struct value *items;
	size_t count;
	size_t at;

	if (site == NULL)
		return false;
	count = site->value->as.list.count;
	items = unfold(edit, site->value, 0);
	at = fuzz_below(&edit->random, count);
	memmove(&items[at], &items[at + 1], (count - at - 1) * sizeof(*items));
	site->value->as.list.count = fuzz_one_in(&edit->random, 4) ? 0 : count - 1;
	return close_sites(edit, &sites);
}

static bool is_bounded(const struct fuzz_site *site)
{
	return (is_list(site) || site->type->kind == TYPE_STRING) &&
		site->type->bound <= BOUND_NEAR;
}

static bool is_bounded_list(const struct fuzz_site *site)
{
	return is_list(site) && is_bounded(site);
}

/* So many elements: those there are, over and over. */
static void set_count(struct fuzz_edit *edit, const struct fuzz_site *site,
	size_t count)
{
	struct fuzz_maker maker = maker_of(edit);
	struct value *list = site->value;
	size_t there = list->as.list.count;
	struct value *items;

	maker.amount = count > 100 ? FUZZ_LEAST : maker.amount;
	items = unfold(edit, list, count > there ? count - there : 0);
	for (size_t i = there; i < count; i++)
		items[i] = there ? fuzz_copy_value(edit->arena, &items[i % there]) :
			fuzz_make(&maker, site->type->element);
	list->as.list.count = count;
}

/* At its bound, one below it or one above; what is not bounded gets long. */
bool fuzz_change_list_bound(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_bounded_list);
	size_t count;

	if (site) {
		count = (size_t)site->type->bound + fuzz_below(&edit->random, 3);
		count -= count > 0;
	} else {
		site = open_pick(edit, &sites, is_list);
		count = fuzz_below(&edit->random, LIST_LONG);
		/* Elements of no bytes have a bound all the same. */
		if (site && site->type->element->max_size == 0)
			count = EMPTY_ELEMENTS_MAX - 1 + fuzz_below(&edit->random, 3);
	}
	if (site == NULL)
		return false;
	set_count(edit, site, count);
	return close_sites(edit, &sites);
}

bool fuzz_change_list_order(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_long_list);
	struct value *items;
	struct value item;
	size_t one;
	size_t two;

	if (site == NULL)
		return false;
	items = unfold(edit, site->value, 0);
	one = fuzz_below(&edit->random, site->value->as.list.count);
	two = fuzz_below(&edit->random, site->value->as.list.count);
	item = items[one];
	items[one] = items[two];
	items[two] = item;
	return close_sites(edit, &sites);
}

/* ---- strings ---- */

static bool is_string(const struct fuzz_site *site)
{
	return site->type->kind == TYPE_STRING;
}

static bool is_bounded_string(const struct fuzz_site *site)
{
	return is_string(site) && is_bounded(site);
}

static void set_size(struct fuzz_edit *edit, struct value *string, size_t size)
{
	char *data = arena_alloc(edit->arena, size + 1);
	size_t kept = string->as.string.size < size ? string->as.string.size : size;

	if (kept)
		memcpy(data, string->as.string.data, kept);
	for (size_t i = kept; i < size; i++)
		data[i] = (char)fuzz_next(&edit->random);
	string->as.string.data = data;
	string->as.string.size = size;
}

bool fuzz_change_string(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_string);
	size_t size;

	if (site == NULL)
		return false;
	size = site->value->as.string.size;
	switch (fuzz_below(&edit->random, 4)) {
	case 0:
		size = 0;
		break;
	case 1:
		size += 1 + fuzz_below(&edit->random, 8);
		break;
	case 2:
		size = fuzz_below(&edit->random, size + 1);
		break;
	default:
		/* Where the length takes another byte. */
		size = 126 + fuzz_below(&edit->random, 4);
	}
	set_size(edit, site->value, size);
	return close_sites(edit, &sites);
}

bool fuzz_change_string_bound(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_bounded_string);
	size_t size;

	if (site == NULL)
		return false;
	size = (size_t)site->type->bound + fuzz_below(&edit->random, 3);
	set_size(edit, site->value, size - (size > 0));
	return close_sites(edit, &sites);
}

/* ---- members that may be absent ---- */

/* Those of a body; `*skip` counts down to the one that is wanted. */
static const struct member *find_absentable(const struct member *member, size_t *skip)
{
	for (; member; member = member->next) {
		const struct member *found = find_absentable(member->tags, skip);

		if (found)
			return found;
		if ((member->is_optional || member->tag) && (*skip)-- == 0)
			return member;
	}
	return NULL;
}

static size_t count_absentable(const struct fuzz_sites *sites,
	const struct fuzz_site *site)
{
	size_t most = SIZE_MAX / 2;
	size_t count = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct body *body = fuzz_site_body(sites, site, i);
		size_t left = most;

		if (body)
			find_absentable(body->first, &left);
		count += most - left;
	}
	return count;
}

static const struct member *choose_absentable(struct fuzz_edit *edit,
	struct fuzz_sites *sites, struct fuzz_site **site)
{
	size_t count = 0;

	for (size_t i = 0; i < sites->count; i++)
		count += count_absentable(sites, &sites->items[i]);
	count = fuzz_below(&edit->random, count);
	for (size_t i = 0; i < sites->count; i++) {
		for (unsigned part = 0; part < 2; part++) {
			const struct body *body = fuzz_site_body(sites,
				&sites->items[i], part);
			const struct member *found = body ?
				find_absentable(body->first, &count) : NULL;

			*site = &sites->items[i];
			if (found)
				return found;
		}
	}
	return NULL;
}

/* The object with a member set, or, if it is there, without it. */
static void toggle(struct fuzz_edit *edit, struct value *object,
	const struct member *member)
{
	struct fuzz_maker maker = maker_of(edit);
	size_t count = object->as.object.count;
	struct value_member *members = arena_alloc(edit->arena,
		(count + 1) * sizeof(*members));
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct value_member *each = &object->as.object.members[i];

		if (each->name_size != strlen(member->name) ||
		    memcmp(each->name, member->name, each->name_size) != 0)
			members[kept++] = *each;
	}
	if (kept == count) {
		members[kept].name = member->name;
		members[kept].name_size = strlen(member->name);
		members[kept++].value = fuzz_make(&maker, member->type);
	}
	object->as.object.members = members;
	object->as.object.count = kept;
}

bool fuzz_change_optional(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site;
	const struct member *member;

	if (!open_sites(edit, &sites))
		return false;
	member = choose_absentable(edit, &sites, &site);
	if (member == NULL)
		return false;
	toggle(edit, site->value, member);
	return close_sites(edit, &sites);
}

/* ---- whole values ---- */

static bool is_variant(const struct fuzz_site *site)
{
	return site->type->kind == TYPE_VARIANT;
}

static bool is_scalar(const struct fuzz_site *site)
{
	return site->type->kind <= TYPE_ENUM;
}

static bool is_any(const struct fuzz_site *site)
{
	return site->type->kind != TYPE_HANDLE && site->type->kind != TYPE_LEASE;
}

static bool make_again(struct fuzz_edit *edit, bool (*fits)(const struct fuzz_site *))
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, fits);
	struct fuzz_maker maker = maker_of(edit);

	if (site == NULL)
		return false;
	if (maker.amount == FUZZ_LEAST && !fuzz_one_in(&edit->random, 4))
		maker.amount = FUZZ_SOME;
	*site->value = fuzz_make(&maker, site->type);
	return close_sites(edit, &sites);
}

bool fuzz_change_other_arm(struct fuzz_edit *edit)
{
	return make_again(edit, is_variant);
}

bool fuzz_change_scalar(struct fuzz_edit *edit)
{
	return make_again(edit, is_scalar);
}

bool fuzz_change_replace(struct fuzz_edit *edit)
{
	return make_again(edit, is_any);
}

/* ---- what contains itself ---- */

static bool is_recursive(const struct fuzz_site *site)
{
	return (site->type->kind == TYPE_STRUCT || site->type->kind == TYPE_VARIANT)
		&& site->type->declaration->as.structure.is_recursive;
}

/* The next one above of the same type; 0 if there is none. */
static size_t find_above(const struct fuzz_sites *sites, const struct fuzz_site *site)
{
	size_t up = site->up;

	while (up && !fuzz_same_type(sites->items[up].type, site->type))
		up = sites->items[up].up;
	return up;
}

/*
 * Puts a copy of the outer in place of the inner, again and again, until it is
 * as deep as wanted. A value becomes what is around it, so only what is left of
 * the inner is new.
 */
static void nest(struct fuzz_edit *edit, const struct fuzz_site *outer,
	struct value *inner, unsigned step, unsigned wanted, unsigned depth)
{
	struct value pattern = fuzz_copy_value(edit->arena, outer->value);
	struct value end = *inner;

	while (depth + step <= wanted) {
		struct value *next = NULL;
		struct fuzz_sites sites;
		struct value copy = fuzz_copy_value(edit->arena, &pattern);

		*inner = copy;
		/* Where the inner is in the copy: found by its type again. */
		sites = (struct fuzz_sites){0};
		fuzz_sites_find_below(edit->arena, outer->type, inner, &sites);
		for (size_t i = 1; i < sites.count && next == NULL; i++) {
			if (fuzz_same_type(sites.items[i].type, outer->type))
				next = sites.items[i].value;
		}
		if (next == NULL)
			return;
		inner = next;
		depth += step;
	}
	*inner = end;
}

/* Some member, arm or element of the type itself, made to be there. */
static bool make_inner(struct fuzz_edit *edit, struct fuzz_site *site)
{
	for (unsigned tries = 0; tries < 20; tries++) {
		struct fuzz_maker maker = {
			.arena = edit->arena, .random = &edit->random,
			.amount = FUZZ_FULL, .values = 60, .depth = 3,
		};
		struct fuzz_sites sites;
		struct value value = fuzz_make(&maker, site->type);

		fuzz_sites_find_below(edit->arena, site->type, &value, &sites);
		for (size_t i = 1; i < sites.count; i++) {
			if (!fuzz_same_type(sites.items[i].type, site->type))
				continue;
			*site->value = value;
			return true;
		}
	}
	return false;
}

/* Up to the greatest depth that @depth allows, or any may have, or to one more;
 * or only a little. */
bool fuzz_change_deepen(struct fuzz_edit *edit)
{
	struct fuzz_sites sites;
	struct fuzz_site *site = open_pick(edit, &sites, is_recursive);
	struct fuzz_sites below;
	unsigned wanted;
	size_t inner = 0;

	if (site == NULL)
		return false;
	wanted = site->limit - 1 + (unsigned)fuzz_below(&edit->random, 3);
	if (find_above(&sites, site))
		site = &sites.items[find_above(&sites, site)];
	if (fuzz_one_in(&edit->random, 2))
		wanted = site->depth + 2 + (unsigned)fuzz_below(&edit->random, 5);
	for (unsigned tries = 0; tries < 2 && inner == 0; tries++) {
		fuzz_sites_find_below(edit->arena, site->type, site->value, &below);
		for (size_t i = 1; i < below.count && inner == 0; i++) {
			if (fuzz_same_type(below.items[i].type, site->type))
				inner = i;
		}
		if (inner == 0 && (tries || !make_inner(edit, site)))
			return false;
	}
	nest(edit, site, below.items[inner].value, below.items[inner].depth,
		wanted, site->depth + 1 + below.items[inner].depth);
	return close_sites(edit, &sites);
}
