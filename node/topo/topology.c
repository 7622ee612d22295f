/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/topo/topology.h"

#include <errno.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/topo/machine.h"
#include "node/topo/topology_apart.h"

enum { XML_BYTES_MAX = 16 << 20, READING_BYTES = 8 << 20 };

/* Of one processing unit, while the arrays are made. */
typedef struct {
    hwloc_obj_t pu, core, l3, package; /* core, l3, package: NULL where there is none */
    uint16_t node, domain;
} pu_place;

typedef struct {
    hwloc_topology_t hwloc;
    const char *source; /* for messages */
    hwloc_bitmap_t allowed;
    hwloc_const_bitmap_t unbound; /* what would be allowed without the affinity mask; NULL: not known */
    pu_place *places;             /* of each processing unit, by domain in the end */
    hwloc_obj_t *l3s;             /* of each domain */
} reading;

void topology_clear(topology *self)
{
    free(self->pus);
    free(self->cores);
    free(self->domains);
    free(self->nodes);
    memset(self, 0, sizeof *self);
}

unsigned topology_hwloc_version(void)
{
    return hwloc_get_api_version();
}

static void count_core(topology *self, topology_core *core)
{
    core->allowed_pu = TOPOLOGY_NONE;
    core->n_allowed_pus = 0;
    for (uint16_t i = 0; i < core->n_pus; i++)
        if (self->pus[core->first_pu + i].allowed && core->n_allowed_pus++ == 0)
            core->allowed_pu = (uint16_t)(core->first_pu + i);
    if (core->n_allowed_pus > 0) {
        self->domains[core->domain].n_allowed_cores++;
        self->n_allowed_cores++;
    }
}

void topology_count_allowed(topology *self)
{
    self->n_allowed_cores = 0;
    for (size_t i = 0; i < self->n_domains; i++)
        self->domains[i].n_allowed_cores = 0;
    for (size_t i = 0; i < self->n_cores; i++)
        count_core(self, &self->cores[i]);
}

/* What the planner does not ask for is not looked for: no devices, no caches but L3, no distances, and not the backend that
 * visits each processor to run CPUID there. */
static int choose_objects(hwloc_topology_t hwloc)
{
    static const hwloc_obj_type_t wanted[] = {HWLOC_OBJ_PACKAGE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_CORE};
    int failed = hwloc_topology_set_all_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        failed |= hwloc_topology_set_type_filter(hwloc, wanted[i], HWLOC_TYPE_FILTER_KEEP_ALL);
    /* Groups hold the NUMA nodes that divide an L3. */
    failed |= hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_GROUP, HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
    failed |= hwloc_topology_set_flags(hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
                                                  HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS);
    return failed;
}

static pt_status load_failed(const reading *r, pt_err *err)
{
    if (errno == ENOMEM)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for the topology", r->source);
    return pt_fail(err, PT_E_INTERNAL, "%s: hwloc can't read its topology: %s", r->source, strerror(errno));
}

/* Of what the cgroup allows, what the calling thread's mask has now; an empty answer, or none, takes nothing away. Without
 * hwloc_get_cpubind: where memory is short hwloc 2.8 asks the system for ever. */
static pt_status keep_own_mask(reading *r, pt_err *err)
{
    cpu_set_t sets[TOPOLOGY_PUS_MAX / CPU_SETSIZE];
    memset(sets, 0, sizeof sets); /* the system writes as many bytes as it has */
    if (!hwloc_topology_is_thissystem(r->hwloc) || sched_getaffinity(0, sizeof sets, sets) != 0)
        return PT_OK;
    hwloc_bitmap_t mask = hwloc_bitmap_alloc();
    int failed = mask == NULL;
    for (unsigned pu = 0; pu < TOPOLOGY_PUS_MAX && failed == 0; pu++)
        if (CPU_ISSET_S(pu, sizeof sets, sets))
            failed = hwloc_bitmap_set(mask, pu);
    if (failed == 0 && hwloc_bitmap_intersects(mask, r->allowed))
        failed = hwloc_bitmap_and(r->allowed, r->allowed, mask);
    hwloc_bitmap_free(mask);
    return failed == 0 ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for the topology");
}

static pt_status load_own(reading *r, pt_err *err)
{
    hwloc_topology_set_components(r->hwloc, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    if (hwloc_topology_load(r->hwloc) != 0)
        return load_failed(r, err);
    r->unbound = hwloc_topology_get_allowed_cpuset(r->hwloc);
    r->allowed = hwloc_bitmap_dup(r->unbound);
    return r->allowed != NULL ? keep_own_mask(r, err) : pt_fail(err, PT_E_NOMEM, "no memory for the topology");
}

/* hwloc takes any count that it can read: refuse before it has made a machine of them. Counts follow colons, not those in
 * parentheses. */
static bool synthetic_is_small(const char *text)
{
    size_t product = 1;
    int depth = 0;
    for (const char *at = text; *at != '\0'; at++) {
        depth += (*at == '(') - (*at == ')');
        if (*at != ':' || depth > 0)
            continue;
        unsigned long count = strtoul(at + 1, NULL, 10);
        if (count > TOPOLOGY_PUS_MAX)
            return false;
        product *= count == 0 ? 1 : count;
        if (product > TOPOLOGY_PUS_MAX)
            return false;
    }
    return true;
}

static pt_status load_synthetic(reading *r, pt_err *err)
{
    if (!synthetic_is_small(r->source))
        return pt_fail(err, PT_E_FORMAT, "%s: more than %d processing units", r->source, TOPOLOGY_PUS_MAX);
    if (hwloc_topology_set_synthetic(r->hwloc, r->source) != 0 || hwloc_topology_load(r->hwloc) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: no topology in hwloc's notation, such as \"pack:1 numa:1 l3:12 core:8 pu:2\"",
                       r->source);
    return PT_OK;
}

static pt_status load_xml(reading *r, pt_err *err)
{
    struct stat about;
    if (stat(r->source, &about) != 0 || access(r->source, R_OK) != 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", r->source, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return pt_fail(err, PT_E_NOINPUT, "%s: not a regular file", r->source);
    if (about.st_size > XML_BYTES_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: larger than a topology can be", r->source);
    if (hwloc_topology_set_xml(r->hwloc, r->source) != 0 || hwloc_topology_load(r->hwloc) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: no topology in hwloc's XML (lstopo FILE.xml writes it)", r->source);
    return PT_OK;
}

static pt_status load_other(reading *r, pt_err *err)
{
    struct stat about;
    bool is_file = stat(r->source, &about) == 0 || strchr(r->source, ':') == NULL;
    pt_status status = is_file ? load_xml(r, err) : load_synthetic(r, err);
    if (status != PT_OK)
        return status;
    r->allowed = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(r->hwloc));
    return r->allowed != NULL ? PT_OK : pt_fail(err, PT_E_NOMEM, "%s: no memory for the topology", r->source);
}

/* The node next to a processing unit: of those that hold it, the one with the fewest; the first of equals (HBM comes
 * after the memory that it stands beside). */
static uint16_t local_node(const reading *r, hwloc_obj_t pu, size_t n_nodes)
{
    uint16_t best = TOPOLOGY_NONE;
    int fewest = INT32_MAX;
    for (unsigned i = 0; i < n_nodes; i++) {
        hwloc_obj_t node = hwloc_get_obj_by_type(r->hwloc, HWLOC_OBJ_NUMANODE, i);
        int weight = hwloc_bitmap_weight(node->cpuset);
        if (hwloc_bitmap_isset(node->cpuset, pu->os_index) && weight < fewest) {
            fewest = weight;
            best = (uint16_t)i;
        }
    }
    return best;
}

static void *make(size_t n, size_t size)
{
    return calloc(n == 0 ? 1 : n, size);
}

static pt_status read_nodes(const reading *r, topology *out, pt_err *err)
{
    int n = hwloc_get_nbobjs_by_type(r->hwloc, HWLOC_OBJ_NUMANODE);
    if (n < 1 || n > TOPOLOGY_PUS_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: %d NUMA nodes make no sense", r->source, n);
    out->n_nodes = (size_t)n;
    out->nodes = make(out->n_nodes, sizeof *out->nodes);
    if (out->nodes == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for the topology", r->source);
    hwloc_const_nodeset_t allowed = hwloc_topology_get_allowed_nodeset(r->hwloc);
    for (unsigned i = 0; i < (unsigned)n; i++) {
        hwloc_obj_t node = hwloc_get_obj_by_type(r->hwloc, HWLOC_OBJ_NUMANODE, i);
        out->nodes[i] = (topology_node){.os_index = node->os_index,
                                        .allowed = hwloc_bitmap_isset(allowed, node->os_index) != 0,
                                        .memory_bytes = node->attr->numanode.local_memory};
    }
    return PT_OK;
}

static pt_status find_places(reading *r, topology *out, pt_err *err)
{
    for (size_t i = 0; i < out->n_pus; i++) {
        hwloc_obj_t pu = hwloc_get_obj_by_type(r->hwloc, HWLOC_OBJ_PU, (unsigned)i);
        r->places[i] = (pu_place){
            .pu = pu,
            .core = hwloc_get_ancestor_obj_by_type(r->hwloc, HWLOC_OBJ_CORE, pu),
            .l3 = hwloc_get_ancestor_obj_by_type(r->hwloc, HWLOC_OBJ_L3CACHE, pu),
            .package = hwloc_get_ancestor_obj_by_type(r->hwloc, HWLOC_OBJ_PACKAGE, pu),
            .node = local_node(r, pu, out->n_nodes),
        };
        if (r->places[i].node == TOPOLOGY_NONE)
            return pt_fail(err, PT_E_FORMAT, "%s: processing unit %u is on no NUMA node", r->source, pu->os_index);
        /* A core that two nodes or caches claim would be in two domains. */
        if (i > 0 && r->places[i].core != NULL && r->places[i].core == r->places[i - 1].core &&
            (r->places[i].node != r->places[i - 1].node || r->places[i].l3 != r->places[i - 1].l3))
            return pt_fail(err, PT_E_FORMAT, "%s: core %u is divided between NUMA nodes or caches", r->source,
                           r->places[i].core->logical_index);
    }
    return PT_OK;
}

static unsigned order_of(hwloc_obj_t object)
{
    return object == NULL ? UINT32_MAX : object->logical_index;
}

/* By package, node and L3; what is left keeps the machine's order, so a core's units stay together. */
static int compare_places(const void *left, const void *right)
{
    const pu_place *a = left, *b = right;
    const unsigned ka[] = {order_of(a->package), a->node, order_of(a->l3), a->pu->logical_index};
    const unsigned kb[] = {order_of(b->package), b->node, order_of(b->l3), b->pu->logical_index};
    for (size_t i = 0; i < sizeof ka / sizeof *ka; i++)
        if (ka[i] != kb[i])
            return ka[i] < kb[i] ? -1 : 1;
    return 0;
}

static bool same_domain(const pu_place *a, const pu_place *b)
{
    return a->package == b->package && a->node == b->node && a->l3 == b->l3;
}

static uint16_t kind_of(const reading *r, hwloc_obj_t pu)
{
    int kind = hwloc_cpukinds_get_by_cpuset(r->hwloc, pu->cpuset, 0);
    return kind < 0 ? 0 : (uint16_t)kind;
}

static void begin_domain(const pu_place *place, topology *out)
{
    const bool new_package = out->n_domains == 0 || order_of(place->package) != order_of((place - 1)->package);
    out->n_packages += new_package ? 1 : 0;
    out->domains[out->n_domains++] = (topology_domain){
        .node = place->node,
        .package = (uint16_t)(out->n_packages - 1),
        .first_core = (uint16_t)out->n_cores,
        .has_l3 = place->l3 != NULL,
        .l3_bytes = place->l3 == NULL ? 0 : place->l3->attr->cache.size,
    };
    out->nodes[place->node].n_domains++;
}

static void begin_core(const reading *r, const pu_place *place, size_t first_pu, topology *out)
{
    out->cores[out->n_cores++] = (topology_core){
        .domain = (uint16_t)(out->n_domains - 1), .kind = kind_of(r, place->pu), .first_pu = (uint16_t)first_pu};
    out->domains[out->n_domains - 1].n_cores++;
}

static void add_pu(const reading *r, const pu_place *place, size_t index, topology *out)
{
    out->pus[index] = (topology_pu){.os_index = place->pu->os_index,
                                    .core = (uint16_t)(out->n_cores - 1),
                                    .allowed = hwloc_bitmap_isset(r->allowed, place->pu->os_index) != 0};
    out->cores[out->n_cores - 1].n_pus++;
}

/* Places are by domain: a new domain, and a new core, begins where a place differs from the one before it. */
static void fill(reading *r, topology *out)
{
    for (size_t i = 0; i < out->n_pus; i++) {
        const pu_place *place = &r->places[i];
        const bool new_domain = i == 0 || !same_domain(place, place - 1);
        if (new_domain) {
            r->l3s[out->n_domains] = place->l3;
            begin_domain(place, out);
        }
        if (new_domain || place->core == NULL || place->core != (place - 1)->core)
            begin_core(r, place, i, out);
        add_pu(r, place, i, out);
        if (out->cores[out->n_cores - 1].kind >= out->n_kinds)
            out->n_kinds = out->cores[out->n_cores - 1].kind + (size_t)1;
    }
}

/* An L3's bytes are shared out among the domains that it serves by their cores, and capped when they can't be true. */
static void settle_l3(const reading *r, topology *out)
{
    const uint64_t mib = 1 << 20;
    for (size_t i = 0; i < out->n_domains; i++) {
        topology_domain *domain = &out->domains[i];
        size_t n_cores = 0;
        for (size_t j = 0; j < out->n_domains; j++)
            n_cores += r->l3s[j] == r->l3s[i] ? out->domains[j].n_cores : 0;
        if (domain->l3_bytes > TOPOLOGY_L3_CORE_MAX_MIB * mib * n_cores) {
            if (out->note[0] == '\0')
                snprintf(out->note, sizeof out->note,
                         "an L3 of %llu MiB for %zu core%s is its host's: %zu MiB are counted on",
                         (unsigned long long)(domain->l3_bytes / mib), n_cores, n_cores == 1 ? "" : "s",
                         (size_t)TOPOLOGY_L3_CORE_MIB * n_cores);
            domain->l3_bytes = TOPOLOGY_L3_CORE_MIB * mib * n_cores;
        }
        domain->l3_bytes = domain->l3_bytes / n_cores * domain->n_cores;
    }
}

/* A guest whose memory was resized may have a node that knows of less than there is. */
static void settle_memory(topology *out)
{
    const uint64_t total = machine_memory_read().total;
    if (out->own_machine && out->n_nodes == 1 && out->nodes[0].memory_bytes < total)
        out->nodes[0].memory_bytes = total;
}

static pt_status make_arrays(reading *r, topology *out, pt_err *err)
{
    const size_t n = out->n_pus;
    r->places = make(n, sizeof *r->places);
    r->l3s = make(n, sizeof *r->l3s);
    out->pus = make(n, sizeof *out->pus);
    out->cores = make(n, sizeof *out->cores);
    out->domains = make(n, sizeof *out->domains);
    if (r->places == NULL || r->l3s == NULL || out->pus == NULL || out->cores == NULL || out->domains == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for the topology", r->source);
    return PT_OK;
}

static void count_unbound(const reading *r, topology *out)
{
    for (size_t i = 0; i < out->n_cores && r->unbound != NULL; i++) {
        const topology_core *core = &out->cores[i];
        uint16_t pu = core->first_pu;
        while (pu < core->first_pu + core->n_pus && !hwloc_bitmap_isset(r->unbound, out->pus[pu].os_index))
            pu++;
        out->n_unbound_cores += pu < core->first_pu + core->n_pus;
    }
}

static pt_status make_topology(reading *r, topology *out, pt_err *err)
{
    int n = hwloc_get_nbobjs_by_type(r->hwloc, HWLOC_OBJ_PU);
    if (n < 1 || n > TOPOLOGY_PUS_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: %d processing units: expected 1 to %d", r->source, n, TOPOLOGY_PUS_MAX);
    out->n_pus = (size_t)n;
    if (read_nodes(r, out, err) != PT_OK || make_arrays(r, out, err) != PT_OK || find_places(r, out, err) != PT_OK)
        return err->code;
    qsort(r->places, out->n_pus, sizeof *r->places, compare_places);
    fill(r, out);
    settle_l3(r, out);
    out->own_machine = hwloc_topology_is_thissystem(r->hwloc) != 0;
    settle_memory(out);
    topology_count_allowed(out);
    count_unbound(r, out);
    if (out->n_allowed_cores == 0)
        return pt_fail(err, PT_E_FORMAT, "%s: no processing unit may be used", r->source);
    return PT_OK;
}

/* hwloc 2.9 does not survive a small allocation that fails: ask for more than it will take, and begin only then. */
bool topology_has_room(void)
{
    void *volatile room = malloc(READING_BYTES);
    free(room);
    return room != NULL;
}

static pt_status read_with(pt_status (*load)(reading *r, pt_err *err), const char *source, topology *out, pt_err *err)
{
    reading r = {.source = source};
    topology made = {0};
    if (!topology_has_room() || hwloc_topology_init(&r.hwloc) != 0)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for the topology", source);
    pt_status status = choose_objects(r.hwloc) != 0 ? load_failed(&r, err) : load(&r, err);
    if (status == PT_OK)
        status = make_topology(&r, &made, err);
    if (status == PT_OK)
        *out = made;
    else
        topology_clear(&made);
    free(r.places);
    free(r.l3s);
    hwloc_bitmap_free(r.allowed);
    hwloc_topology_destroy(r.hwloc);
    return status;
}

pt_status topology_read(topology *out, pt_err *err)
{
    return read_with(load_own, "this machine", out, err);
}

static pt_status read_other(const char *source, topology *out, pt_err *err)
{
    return read_with(load_other, source, out, err);
}

pt_status topology_read_from(const char *source, topology *out, pt_err *err)
{
    return topology_read_apart(read_other, source, out, err);
}
