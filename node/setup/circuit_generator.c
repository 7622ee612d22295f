/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/circuit_generator.h"

enum { LOG_DOMAIN_MIN = 1 };

pt_status circuit_generate(const circuit_generator_job *job, pt_err *err)
{
    if (job->log_domain < LOG_DOMAIN_MIN || job->log_domain > PT_LOG_DOMAIN_MAX)
        return pt_fail(err, PT_E_ARG, "a circuit's domain is 2^%d to 2^%d, not 2^%u", LOG_DOMAIN_MIN, PT_LOG_DOMAIN_MAX,
                       job->log_domain);
    return job->curve->generate_circuit(job, err);
}
