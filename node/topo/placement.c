/* SPDX-License-Identifier: Apache-2.0 */
#include "node/topo/placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/pipeline/crew.h"

void placement_clear(placement *self)
{
    free(self->threads);
    free(self->pools);
    free(self->nodes);
    memset(self, 0, sizeof *self);
}

/* --- threads --- */

static uint16_t fastest_kind(const topology *machine, const topology_domain *domain)
{
    uint16_t kind = 0;
    for (size_t i = domain->first_core; i < (size_t)domain->first_core + domain->n_cores; i++)
        if (machine->cores[i].n_allowed_pus > 0 && machine->cores[i].kind > kind)
            kind = machine->cores[i].kind;
    return kind;
}

/* The domain to take next when not all are needed: the fastest cores, then the most of them, then the machine's order.
 * taken[i] > 0 marks those that are in. Returns n_domains when none is left. */
static size_t next_domain(const topology *machine, const size_t *taken)
{
    size_t best = machine->n_domains;
    uint16_t best_kind = 0;
    for (size_t i = 0; i < machine->n_domains; i++) {
        const topology_domain *domain = &machine->domains[i];
        const uint16_t kind = fastest_kind(machine, domain);
        if (taken[i] > 0 || domain->n_allowed_cores == 0)
            continue;
        if (best == machine->n_domains || kind > best_kind ||
            (kind == best_kind && domain->n_allowed_cores > machine->domains[best].n_allowed_cores)) {
            best = i;
            best_kind = kind;
        }
    }
    return best;
}

/* How many threads each domain gets: as few domains as hold them, evenly filled. */
static void share_out(const topology *machine, size_t n_threads, size_t *taken)
{
    size_t n_given = 0;
    for (size_t room = 0, i; room < n_threads && (i = next_domain(machine, taken)) < machine->n_domains;) {
        room += machine->domains[i].n_allowed_cores;
        taken[i] = 1;
        n_given++;
    }
    while (n_given < n_threads)
        for (size_t i = 0; i < machine->n_domains && n_given < n_threads; i++)
            if (taken[i] > 0 && taken[i] < machine->domains[i].n_allowed_cores) {
                taken[i]++;
                n_given++;
            }
}

static void add_thread(const topology *machine, size_t core, placement *out)
{
    const uint16_t pu = machine->cores[core].allowed_pu;
    out->threads[out->n_threads++] = (placement_thread){
        .core = (uint16_t)core, .pu = pu, .pool = (uint16_t)(out->n_pools - 1), .os_pu = machine->pus[pu].os_index};
    out->pools[out->n_pools - 1].n_threads++;
}

/* A pool of the domain's first n cores, the fastest kinds first. */
static void add_pool(const topology *machine, size_t index, size_t n, placement *out)
{
    const topology_domain *domain = &machine->domains[index];
    out->pools[out->n_pools++] = (placement_pool){
        .domain = (uint16_t)index, .node = domain->node, .package = domain->package, .first_thread = out->n_threads};
    for (size_t kind = machine->n_kinds; kind-- > 0;)
        for (size_t core = domain->first_core; core < (size_t)domain->first_core + domain->n_cores; core++)
            if (machine->cores[core].kind == kind && machine->cores[core].n_allowed_pus > 0 && n > 0) {
                add_thread(machine, core, out);
                n--;
            }
}

static void list_nodes(const topology *machine, placement *out)
{
    for (size_t node = 0; node < machine->n_nodes; node++)
        for (size_t i = 0; i < out->n_pools; i++)
            if (out->pools[i].node == node) {
                out->nodes[out->n_nodes++] = (uint16_t)node;
                break;
            }
}

static pt_status choose_count(const topology *machine, const placement_request *request, placement *out, size_t *n,
                              pt_err *err)
{
    const size_t asked = request->options.n_threads, cores = machine->n_allowed_cores, quota = request->quota_threads;
    if (asked > cores)
        return pt_fail(err, PT_E_ARG, "%zu threads are more than the %zu core%s that may be used here: one thread a core",
                       asked, cores, cores == 1 ? "" : "s");
    *n = asked > 0 ? asked : quota > 0 && quota < cores ? quota : cores;
    snprintf(out->threads_reason, sizeof out->threads_reason, "%s",
             asked > 0    ? "as asked for"
             : *n < cores ? "as many as the cgroup's quota pays for"
                          : "one a core that may be used");
    return PT_OK;
}

static pt_status place_threads(const topology *machine, const placement_request *request, placement *out, pt_err *err)
{
    size_t n = 0;
    if (choose_count(machine, request, out, &n, err) != PT_OK)
        return err->code;
    size_t *taken = calloc(machine->n_domains, sizeof *taken);
    out->threads = calloc(n, sizeof *out->threads);
    out->pools = calloc(machine->n_domains, sizeof *out->pools);
    out->nodes = calloc(machine->n_nodes, sizeof *out->nodes);
    if (taken == NULL || out->threads == NULL || out->pools == NULL || out->nodes == NULL) {
        free(taken);
        return pt_fail(err, PT_E_NOMEM, "no memory for the plan of %zu threads", n);
    }
    share_out(machine, n, taken);
    for (size_t i = 0; i < machine->n_domains; i++)
        if (taken[i] > 0)
            add_pool(machine, i, taken[i], out);
    list_nodes(machine, out);
    free(taken);
    return PT_OK;
}

/* --- the tail crew --- */

/* How good a run of pools is for the tail crew: inside one node first, then its fast cores. */
static size_t tail_score(const topology *machine, const placement *self, pool_span span)
{
    const placement_pool *first = &self->pools[span.first_pool], *last = first + span.n_pools - 1;
    size_t score = first->node == last->node ? SIZE_MAX / 2 : 0;
    for (size_t i = first->first_thread; i < last->first_thread + last->n_threads; i++)
        score += (size_t)machine->cores[self->threads[i].core].kind + 1;
    return score;
}

static size_t most_pools_of_a_package(const placement *self)
{
    size_t most = 0;
    for (size_t first = 0, end; first < self->n_pools; first = end) {
        for (end = first + 1; end < self->n_pools && self->pools[end].package == self->pools[first].package;)
            end++;
        most = end - first > most ? end - first : most;
    }
    return most;
}

/* By default two domains of one package, and never more than half of all unless there are but one or two. */
static pt_status place_tail(const topology *machine, const engine_options *options, placement *out, pt_err *err)
{
    const size_t half = out->n_pools <= 2 ? out->n_pools : out->n_pools / 2, near = most_pools_of_a_package(out);
    size_t n = half < PLACEMENT_TAIL_DOMAINS ? half : PLACEMENT_TAIL_DOMAINS;
    n = n < near ? n : near;
    if (options->n_tail_domains > out->n_pools)
        return pt_fail(err, PT_E_ARG, "%zu domains for the tail crew are more than the %zu that are used",
                       options->n_tail_domains, out->n_pools);
    if (options->n_tail_domains > 0)
        n = options->n_tail_domains;
    size_t best = 0;
    for (size_t first = 0; first + n <= out->n_pools; first++) {
        const pool_span span = {first, n};
        const size_t score = tail_score(machine, out, span);
        if (score >= best) { /* the last of equals: the first pools work the longest when not all do */
            best = score;
            out->tail = span;
        }
    }
    return PT_OK;
}

/* --- pinning, reading --- */

/* A thread is bound to its core when each core has one. With fewer threads another process may well be at those cores,
 * bound there by the same arithmetic: the system then finds better ones. */
static void place_pin(const topology *machine, choice pin, placement *out)
{
    const bool all = out->n_threads == machine->n_allowed_cores;
    out->pin = pin == CHOICE_ON || (pin == CHOICE_AUTO && all);
    snprintf(out->pin_reason, sizeof out->pin_reason, "%s",
             pin != CHOICE_AUTO ? "as asked for"
             : all              ? "every core that may be used has its thread"
                                : "cores are left over: the system moves threads to idle ones");
}

static void place_io(const engine_options *options, placement *out)
{
    const size_t n = out->n_nodes < PLACEMENT_IO_MAX ? out->n_nodes : PLACEMENT_IO_MAX;
    out->n_io_threads = options->n_io_threads > 0 ? options->n_io_threads : n;
}

/* --- the key --- */

static uint64_t add_sat(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t mul_sat(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static size_t n_in_flight(const placement_request *request, const placement *self)
{
    return request->options.n_in_flight > 0 ? request->options.n_in_flight : self->n_pools;
}

/* Do this many copies, and the partitions in flight, fit into memory? */
static bool copies_fit(const placement_request *request, const placement *self, size_t n_copies)
{
    const uint64_t work = mul_sat(request->partition_bytes, n_in_flight(request, self));
    return request->memory_bytes == 0 || add_sat(mul_sat(request->key_bytes, n_copies), work) <= request->memory_bytes;
}

/* Does each node hold a copy and its share of the partitions? */
static bool nodes_hold_copies(const topology *machine, const placement_request *request, const placement *self)
{
    for (size_t i = 0; i < self->n_nodes; i++) {
        const uint64_t room = machine->nodes[self->nodes[i]].memory_bytes;
        size_t n_pools = 0;
        for (size_t j = 0; j < self->n_pools; j++)
            n_pools += self->pools[j].node == self->nodes[i];
        const size_t share = (n_in_flight(request, self) * n_pools + self->n_pools - 1) / self->n_pools;
        if (room > 0 && add_sat(request->key_bytes, mul_sat(request->partition_bytes, share)) > room)
            return false;
    }
    return true;
}

static void set_home(placement *out, key_home home, const char *reason)
{
    out->home = home;
    snprintf(out->home_reason, sizeof out->home_reason, "%s", reason);
}

static void place_key_one_node(const placement_request *request, placement *out)
{
    if (!request->can_map)
        set_home(out, KEY_ONE_COPY, "one NUMA node; the file can't be used as it lies");
    else if (!out->huge_pages)
        set_home(out, KEY_MAPPED, "one NUMA node, no huge pages: a copy would gain nothing");
    else if (request->options.huge_pages != CHOICE_ON)
        set_home(out, KEY_MAPPED, "one NUMA node: a copy in huge pages was measured to be no faster");
    else if (!copies_fit(request, out, 1))
        set_home(out, KEY_MAPPED, "one NUMA node; memory is short for a copy in huge pages");
    else
        set_home(out, KEY_ONE_COPY, "one NUMA node: a copy in huge pages, as asked for");
}

static void place_key_nodes(const topology *machine, const placement_request *request, placement *out)
{
    const bool few = request->n_partitions > 0 && request->n_partitions < PLACEMENT_FEW;
    if (request->can_map && few)
        set_home(out, KEY_MAPPED, "several NUMA nodes, few partitions: reading a copy would take longer than it saves");
    else if (request->can_map && !copies_fit(request, out, 1))
        set_home(out, KEY_MAPPED, "several NUMA nodes, but memory is short even for one copy");
    else if (request->copies_max < out->n_nodes || out->n_nodes > PLACEMENT_COPIES_MAX)
        set_home(out, KEY_INTERLEAVED, "several NUMA nodes, one copy for all of them");
    else if (copies_fit(request, out, out->n_nodes) && nodes_hold_copies(machine, request, out))
        set_home(out, KEY_COPY_A_NODE, "several NUMA nodes, and memory for a copy on each");
    else
        set_home(out, KEY_INTERLEAVED, "several NUMA nodes, and no memory for a copy on each");
}

static void place_key(const topology *machine, const placement_request *request, placement *out)
{
    out->huge_pages = request->options.huge_pages != CHOICE_OFF && request->huge_pages;
    if (request->can_map && request->copies_max == 0)
        set_home(out, KEY_MAPPED, "it is used as it lies");
    else if (out->n_nodes == 1)
        place_key_one_node(request, out);
    else
        place_key_nodes(machine, request, out);
}

size_t placement_n_copies(const placement *self)
{
    return self->home == KEY_MAPPED ? 0 : self->home == KEY_COPY_A_NODE ? self->n_nodes : 1;
}

memory_place placement_copy_place(const placement *self, const topology *machine, size_t i)
{
    memory_place place = {machine, self->nodes, self->n_nodes, self->huge_pages};
    if (self->home == KEY_COPY_A_NODE) {
        place.nodes += i;
        place.n_nodes = 1;
    }
    return place;
}

pt_status placement_make(const topology *machine, const placement_request *request, placement *out, pt_err *err)
{
    placement made = {.crew_pools = request->options.n_domains_crew};
    if (place_threads(machine, request, &made, err) != PT_OK ||
        place_tail(machine, &request->options, &made, err) != PT_OK) {
        placement_clear(&made);
        return err->code;
    }
    place_pin(machine, request->options.pin, &made);
    place_io(&request->options, &made);
    place_key(machine, request, &made);
    *out = made;
    return PT_OK;
}

/* --- crews --- */

typedef enum { WITHIN_NODE, WITHIN_PACKAGE } level;

/* The pool after the last one of this one's node or package. */
static size_t group_end(const placement *self, size_t first, level within)
{
    size_t end = first + 1;
    while (end < self->n_pools && self->pools[end].package == self->pools[first].package &&
           (within == WITHIN_PACKAGE || self->pools[end].node == self->pools[first].node))
        end++;
    return end;
}

static void split_span(pool_span span, size_t n_parts, pool_span *out)
{
    for (size_t i = 0; i < n_parts; i++) {
        const crew_range part = crew_part(span.n_pools, n_parts, i);
        out[i] = (pool_span){span.first_pool + part.begin, part.end - part.begin};
    }
}

/* Give each group its share of n crews. Fails where a group would have none, or more crews than pools. */
static bool split_groups(const placement *self, size_t n, level within, pool_span *out)
{
    for (size_t first = 0, end; first < self->n_pools; first = end) {
        end = group_end(self, first, within);
        const size_t begin_crew = first * n / self->n_pools, end_crew = end * n / self->n_pools;
        if (end_crew == begin_crew || end_crew - begin_crew > end - first)
            return false;
        split_span((pool_span){first, end - first}, end_crew - begin_crew, out + begin_crew);
    }
    return true;
}

static bool is_even(const pool_span *spans, size_t n)
{
    size_t least = SIZE_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        least = spans[i].n_pools < least ? spans[i].n_pools : least;
        most = spans[i].n_pools > most ? spans[i].n_pools : most;
    }
    return most - least <= 1;
}

static size_t count_crews(const placement *self, size_t n_ready)
{
    size_t n = n_ready < self->n_pools ? n_ready : self->n_pools;
    if (n <= 1)
        return 1;
    const size_t least = self->crew_pools == 0 ? 1 : (self->n_pools - 1) / self->crew_pools + 1;
    return n < least ? least : n;
}

size_t placement_crews(const placement *self, size_t n_ready, pool_span *out)
{
    const size_t n = count_crews(self, n_ready);
    for (level within = WITHIN_NODE; within <= WITHIN_PACKAGE; within++)
        if (split_groups(self, n, within, out) && is_even(out, n))
            return n;
    split_span((pool_span){0, self->n_pools}, n, out);
    return n;
}

size_t placement_first_thread(const placement *self, pool_span span)
{
    return self->pools[span.first_pool].first_thread;
}

size_t placement_n_threads(const placement *self, pool_span span)
{
    const placement_pool *last = &self->pools[span.first_pool + span.n_pools - 1];
    return last->first_thread + last->n_threads - placement_first_thread(self, span);
}
