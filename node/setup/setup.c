/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/setup.h"

unsigned setup_log_domain(const r1cs *circuit)
{
    uint64_t rows = (uint64_t)circuit->n_constraints + circuit->n_public + 1;
    unsigned log_n = 0;
    while ((uint64_t)1 << log_n < rows)
        log_n++;
    return log_n;
}

pt_status setup_insecure(const setup_job *job, pt_err *err)
{
    const r1cs *circuit = job->circuit;
    if (circuit->n_constraints == 0)
        return pt_fail(err, PT_E_FORMAT, "%s: the circuit has no constraint", job->circuit_path);
    if (setup_log_domain(circuit) > PT_LOG_DOMAIN_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: %u constraints and %u public signals need a domain above 2^%d",
                       job->circuit_path, circuit->n_constraints, circuit->n_public, PT_LOG_DOMAIN_MAX);
    uint64_t coefficients = circuit->n_terms[0] + circuit->n_terms[1] + circuit->n_public + 1;
    if (coefficients > UINT32_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: A and B have %llu coefficients, but a zkey counts them in 32 bits",
                       job->circuit_path, (unsigned long long)coefficients);
    return circuit->curve->setup(job, err);
}
