/* SPDX-License-Identifier: Apache-2.0 */
/* partita.h - Groth16 proofs of circom circuits, on BN254 and BLS12-381: prove and verify from C or C++. Link with -lpartita;
 * manual: libpartita(3).
 *
 * There is no global state and nothing to set up. Every function may be called from any thread at any time; a key or verifying key
 * may be used by many threads at once, and must not be closed before they are done. The library prints nothing, reads no
 * environment variable, installs no signal handler and changes no limit of the process; its own threads take no signals. Of a
 * device that is listed or opened the driver does as it likes.
 *
 * A function that can fail returns a status and, where err is not NULL, writes what was wrong; outputs are written on success alone. */
#ifndef PARTITA_H
#define PARTITA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PARTITA_API __attribute__((visibility("default")))
#else
#define PARTITA_API
#endif

/** How a call ended; the numbers are the exit codes of the program partita. */
typedef enum partita_status {
    PARTITA_OK = 0,
    PARTITA_E_ARG = 64,      /* wrong use: an argument that must not be NULL, no number of an enum */
    PARTITA_E_FORMAT = 65,   /* an input that is malformed, or does not belong to the others */
    PARTITA_E_NOINPUT = 66,  /* a file that can't be opened or read */
    PARTITA_E_DEVICE = 69,   /* an OpenCL device that can't be had, or failed */
    PARTITA_E_INTERNAL = 70, /* a fault of the library or the machine: no source of randomness */
    PARTITA_E_AGAIN = 75,    /* memory or threads are short for now, or the job was cancelled */
    PARTITA_E_VERIFY = 76    /* a proof that is wrong, or a witness that does not satisfy the circuit */
} partita_status;

/** message: one line without a newline, NUL-terminated: the file, the place in it, what was expected; "" after PARTITA_OK. */
typedef struct partita_error {
    partita_status code;
    char message[240];
} partita_error;

/** The library's version, as "0.1.0". */
PARTITA_API const char *partita_version(void);

/* ---- devices ---- */

/** An OpenCL device, as it says of itself. Texts end in NUL. */
typedef struct partita_device_info {
    char name[128];
    char platform[128];
    char pci[24];    /* "0000:19:00.0"; "" where the driver does not say */
    char unfit[160]; /* why it can't be used; "" where it can */
    uint64_t memory_bytes;
    bool is_accelerator; /* a GPU, or another that "auto" may take; else a processor */
} partita_device_info;

/** Every device of every platform, the unfit ones too, as `partita doctor` numbers them. Where there is no OpenCL there is none: no error.
 *  owns    *out, n of them, is the caller's (partita_device_list_free)
 *  errors  PARTITA_E_AGAIN; PARTITA_E_DEVICE a driver that does not answer */
PARTITA_API partita_status partita_device_list(partita_device_info **out, size_t *n, partita_error *err);
PARTITA_API void partita_device_list_free(partita_device_info *list); /* NULL is fine */

/** Zeroed is the default. */
typedef struct partita_device_options {
    size_t n_workers;      /* proofs that have their vectors on the device at once; 0: 2 */
    uint64_t memory_bytes; /* on the device, of all keys and proofs together; 0: nine tenths of what it has */
    size_t n_threads;      /* of the processor, for all proofs on this device together; 0: as in partita_key_options */
    const char *
        cache_folder; /* built kernels are kept here, in a folder that others can't write; NULL or empty: they are built each time */
    /* Who proves, and why, where "auto" leaves it open; is_fault: the device failed, or was wrong. On any thread. */
    void (*told)(void *ctx, bool is_fault, const char *text);
    void *ctx;
} partita_device_options;

/** Where proofs are made, with threads of its own: those that the caller's threads ask for at once go there together. */
typedef struct partita_device partita_device;

/** Open what proves: "cpu", the processor alone; "auto", the GPU or accelerator with most memory for keys that it proves with sooner than the
 *  processor, which does the others, all if there is none, and what the device fails at; or one device, by its number in the list, its PCI
 *  address, or a part of its name or its platform's in any letter case: then what it can't do is an error. Who else shares the
 *  device on this host, the program partita too, takes turns by locks in /tmp.
 *  shape   options: NULL for the default
 *  owns    *out is the caller's (partita_device_close)
 *  errors  PARTITA_E_DEVICE it can't be had; PARTITA_E_INTERNAL it computes wrongly; PARTITA_E_AGAIN */
PARTITA_API partita_status partita_device_open(const char *name, const partita_device_options *options,
                                               partita_device **out, partita_error *err);
PARTITA_API void partita_device_close(partita_device *device); /* after the keys that were opened for it; NULL is fine */

/** What was chosen; all zero where it is the processor. */
PARTITA_API void partita_device_describe(const partita_device *device, partita_device_info *out);

/* ---- keys ---- */

/** What the points of a key are checked for when it is opened; those of its verifying key are always checked in full, and so are counts
 *  and indices. What is not checked can't make a wrong proof: every proof is verified before it is returned. */
typedef enum partita_check {
    PARTITA_CHECK_QUICK = 0, /* on the curve */
    PARTITA_CHECK_FULL = 1,  /* and in the subgroup of order r: ask once of a key that you were given */
    PARTITA_CHECK_NONE = 2   /* nothing; a wrong point then shows when a proof is verified */
} partita_check;

/** Zeroed is the default. */
typedef struct partita_key_options {
    partita_check check;
    size_t n_threads;       /* 0: as many as the affinity mask and the cgroup's CPU quota allow */
    partita_device *device; /* where proofs with this key are made, and what the key is sent to now; NULL: the processor */
} partita_key_options;

typedef struct partita_key partita_key;

/** Open a proving key: a snarkjs Groth16 .zkey, or what `partita prepare` made of one.
 *
 *  The file is mapped, not read: until partita_key_close nobody may truncate it or write into it. Where pages of it are gone the
 *  process gets SIGBUS, whose default action ends it. Replacing it by rename(2) is fine.
 *  shape   options: NULL for the default
 *  owns    *out is the caller's (partita_key_close)
 *  errors  PARTITA_E_NOINPUT, PARTITA_E_FORMAT, PARTITA_E_AGAIN, also too little memory on the device; PARTITA_E_DEVICE, PARTITA_E_INTERNAL
 *          the device fails, or computes wrongly: its self-test is run first */
PARTITA_API partita_status partita_key_open(const char *path, const partita_key_options *options, partita_key **out,
                                            partita_error *err);
PARTITA_API void partita_key_close(partita_key *key); /* NULL is fine */

typedef struct partita_key_info {
    const char *curve; /* "bn254" or "bls12_381" */
    uint32_t n_wires;  /* values of a witness */
    uint32_t n_public; /* public outputs and inputs */
    uint32_t domain_size;
    bool insecure; /* anyone, or whoever made the key, can forge proofs: gamma is delta, or `setup --insecure` made it */
} partita_key_info;

PARTITA_API void partita_key_describe(const partita_key *key, partita_key_info *out);

/* ---- proofs ---- */

/** Stages of a job, in order. */
typedef enum partita_stage {
    PARTITA_STAGE_WITNESS = 1, /* read and check the witness */
    PARTITA_STAGE_SYNTHESIS = 2,
    PARTITA_STAGE_QUOTIENT = 3,
    PARTITA_STAGE_MSM_H = 4,
    PARTITA_STAGE_MSM_G1 = 5,
    PARTITA_STAGE_MSM_G2 = 6,
    PARTITA_STAGE_ASSEMBLE = 7,
    PARTITA_STAGE_VERIFY = 8
} partita_stage;

/** A stage's name, as "msm g1"; NULL for a number that is none. */
PARTITA_API const char *partita_stage_name(partita_stage stage);

/** Zeroed: not raised. Raise it with partita_cancel alone. */
typedef struct partita_cancel_flag {
    bool raised;
} partita_cancel_flag;

/** Ask the jobs that look at this flag to end; they do so between two stages, with PARTITA_E_AGAIN.
 *  thread  any, and signal handlers */
PARTITA_API void partita_cancel(partita_cancel_flag *flag);

/** How one proof is made. Zeroed is the default. */
typedef struct partita_job {
    size_t n_threads; /* 0: as in partita_key_options; a key that was opened for a device has that one's */
    void (*progress)(void *ctx, partita_stage stage); /* a stage begins; on the caller's thread or while it waits */
    void *ctx;
    const partita_cancel_flag *cancel; /* may be shared by jobs */
} partita_job;

/** Texts as snarkjs writes proof.json and public.json, NUL-terminated. */
typedef struct partita_proof {
    char *proof_json;
    char *public_json;
    bool on_device; /* the device made it that the key was opened for, and not the processor */
} partita_proof;

/** Prove that a witness satisfies the key's circuit. The proof is verified before it is returned.
 *
 *  The witness and all that is computed from it lies in memory that is left out of core dumps and zeroed at the end, also of a
 *  job that fails.
 *  shape   witness_path: a .wtns, regular or a FIFO; job: NULL for the default
 *  owns    *out is the caller's (partita_proof_clear)
 *  errors  PARTITA_E_NOINPUT; PARTITA_E_FORMAT a malformed witness, one of another circuit, a damaged prepared key;
 *          PARTITA_E_VERIFY the witness does not satisfy the circuit, or the key is damaged, or a device that must prove was wrong;
 *          PARTITA_E_DEVICE that device failed; PARTITA_E_AGAIN; PARTITA_E_INTERNAL */
PARTITA_API partita_status partita_prove_file(const partita_key *key, const char *witness_path, const partita_job *job,
                                              partita_proof *out, partita_error *err);

/** The same, of a .wtns in memory, of any alignment. It is copied; the caller's own copy is the caller's to zero. */
PARTITA_API partita_status partita_prove_memory(const partita_key *key, const void *witness, size_t len_bytes,
                                                const partita_job *job, partita_proof *out, partita_error *err);
PARTITA_API void partita_proof_clear(partita_proof *proof); /* NULL, zeroed and cleared ones are fine */

/* ---- verifying ---- */

typedef struct partita_vkey partita_vkey;

/** Read a verification_key.json, as snarkjs writes it, and check all its points.
 *  owns    *out is the caller's (partita_vkey_close)
 *  errors  PARTITA_E_NOINPUT, PARTITA_E_FORMAT, PARTITA_E_AGAIN */
PARTITA_API partita_status partita_vkey_open(const char *path, partita_vkey **out, partita_error *err);

/** The same of a text in memory; it need not end in NUL. */
PARTITA_API partita_status partita_vkey_parse(const char *json, size_t len_bytes, partita_vkey **out, partita_error *err);

/** The verifying key that a proving key holds; it outlives the proving key. Ownership as of partita_vkey_open.
 *  errors  PARTITA_E_AGAIN */
PARTITA_API partita_status partita_vkey_of_key(const partita_key *key, partita_vkey **out, partita_error *err);
PARTITA_API void partita_vkey_close(partita_vkey *vkey); /* NULL is fine */

/** The text of verification_key.json.
 *  owns    *out is the caller's (partita_free)
 *  errors  PARTITA_E_AGAIN */
PARTITA_API partita_status partita_vkey_json(const partita_vkey *vkey, char **out, partita_error *err);
PARTITA_API void partita_free(char *text); /* NULL is fine */

/** "These are the public values, and this proves them." Texts of public.json and proof.json, NUL-terminated. */
typedef struct partita_statement {
    const char *public_json;
    const char *proof_json;
} partita_statement;

/** Is a proof right?
 *  errors  PARTITA_E_VERIFY it is not; PARTITA_E_FORMAT a malformed text, another curve, another number of public values;
 *          PARTITA_E_AGAIN, PARTITA_E_INTERNAL */
PARTITA_API partita_status partita_verify(const partita_vkey *vkey, const partita_statement *statement, partita_error *err);

/** Are n proofs right? All are verified in one multi-pairing, several times faster than one at a time; what is wrong is found and named.
 *  A wrong one passes with probability below 2 n 2^-128.
 *  shape   verdicts[n]: of each, as partita_verify; NULL: not asked for. n may be 0; n_threads as in partita_key_options
 *  errors  that of the first which is not right, its index (from 0) in the message; PARTITA_E_AGAIN, PARTITA_E_INTERNAL: verdicts
 *          are then not written */
PARTITA_API partita_status partita_verify_batch(const partita_vkey *vkey, const partita_statement *statements, size_t n,
                                                size_t n_threads, partita_error *verdicts, partita_error *err);

#ifdef __cplusplus
}
#endif

#endif
