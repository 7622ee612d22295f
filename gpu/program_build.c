/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "gpu/binary_cache.h"
#include "gpu/device_state.h"

/* What a program is built from. */
typedef struct {
    char *source, *options;
    size_t len; /* of source */
    char *key;  /* of the cache: all that the binary depends on */
} program_text;

/* The options that every kernel of this device gets beside its own. owns: the caller's (free); NULL without memory */
static char *all_options(const gpu_device *device, const char *options)
{
    bool ptx = device->info.nvidia && !device->options.portable;
    char *all;
    int len = asprintf(&all, "-cl-std=CL1.2%s%s %s", device->info.nvidia ? " -cl-nv-verbose" : "", ptx ? " -DPT_PTX=1" : "",
                       options);
    return len < 0 ? NULL : all;
}

/* owns: the caller's (free); NULL without memory */
static char *cache_key(const gpu_device_info *info, const char *name, const program_text *text)
{
    XXH128_hash_t hash = XXH3_128bits(text->source, text->len);
    char *key;
    int len = asprintf(&key, "%s\n%s\n%s\n%s\n%s\n%s\n%016llx%016llx\n", info->platform, info->name, info->version,
                       info->driver, name, text->options, (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    return len < 0 ? NULL : key;
}

static void text_clear(program_text *text)
{
    free(text->source);
    free(text->options);
    free(text->key);
}

/* owns: *out is the caller's (text_clear) */
static pt_status text_init(const gpu_device *device, const char *name, const char *options, program_text *out, pt_err *err)
{
    program_text text = {.options = all_options(device, options)};
    if (gpu_source_expand(name, &text.source, &text.len, err) == PT_OK && text.options != NULL)
        text.key = cache_key(&device->info, name, &text);
    if (err->code == PT_OK && text.key == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for the kernel %s", name);
    if (err->code != PT_OK)
        text_clear(&text);
    else
        *out = text;
    return err->code;
}

/* What the compiler said, "" if that can't be had. owns: the caller's (free); NULL without memory */
static char *read_log(const gpu_device *device, cl_program program)
{
    const opencl *cl = device->cl;
    size_t bytes = 0;
    if (cl->clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) != CL_SUCCESS)
        bytes = 0;
    char *log = calloc(1, bytes + 1);
    if (log != NULL && bytes != 0 &&
        cl->clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) != CL_SUCCESS)
        log[0] = '\0';
    return log;
}

/* The line of the log that says what is wrong: the first with "error", else the first. */
static const char *telling_line(const char *log, int *len)
{
    const char *found = strstr(log, "error");
    while (found != NULL && found > log && found[-1] != '\n')
        found--;
    if (found == NULL)
        found = log + strspn(log, "\n ");
    *len = (int)strcspn(found, "\n");
    return found;
}

static pt_status build_failed(const gpu_device *device, cl_program program, const char *name, cl_int code, pt_err *err)
{
    char *log = read_log(device, program);
    int len;
    const char *line = telling_line(log == NULL ? "" : log, &len);
    if (log != NULL && device->options.build_log != NULL)
        fprintf(device->options.build_log, "%s\n", log);
    pt_fail(err, code == CL_OUT_OF_HOST_MEMORY ? PT_E_NOMEM : PT_E_DEVICE, "%s: build of %s: %s (%d)%s%.*s",
            device->info.name, name, opencl_error_name(code), code, len > 0 ? ": " : "", len, line);
    free(log);
    return err->code;
}

static pt_status build_source(const gpu_device *device, const char *name, const program_text *text, cl_program *out,
                              pt_err *err)
{
    const opencl *cl = device->cl;
    cl_int code;
    cl_program program = cl->clCreateProgramWithSource(device->context, 1, (const char **)&text->source, &text->len, &code);
    if (code != CL_SUCCESS)
        return opencl_fail(err, device->info.name, "handing over a kernel's source", code);
    code = cl->clBuildProgram(program, 1, &device->id, text->options, NULL, NULL);
    if (code == CL_SUCCESS) {
        *out = program;
        return PT_OK;
    }
    build_failed(device, program, name, code, err);
    cl->clReleaseProgram(program);
    return err->code;
}

/* A program of the cache, or NULL: there is none, or the driver takes it no more. owns: *log is the caller's with the program */
static cl_program build_cached(const gpu_device *device, const program_text *text, char **log)
{
    const opencl *cl = device->cl;
    cached_binary entry;
    cl_int code, loaded;
    if (!binary_cache_load(device->options.cache_folder, text->key, &entry))
        return NULL;
    const unsigned char *binary = entry.binary;
    cl_program program =
        cl->clCreateProgramWithBinary(device->context, 1, &device->id, &entry.n_bytes, &binary, &loaded, &code);
    if (code != CL_SUCCESS) {
        program = NULL;
    } else if (loaded != CL_SUCCESS ||
               cl->clBuildProgram(program, 1, &device->id, text->options, NULL, NULL) != CL_SUCCESS) {
        cl->clReleaseProgram(program);
        program = NULL;
    }
    if (program != NULL) {
        *log = entry.log;
        entry.log = NULL;
    }
    cached_binary_clear(&entry);
    return program;
}

/* Keep what was built, if the driver gives it and the disk takes it. */
static void keep(const gpu_device *device, cl_program program, const program_text *text, char *log)
{
    const opencl *cl = device->cl;
    cached_binary entry = {.log = log};
    if (device->options.cache_folder == NULL ||
        cl->clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof entry.n_bytes, &entry.n_bytes, NULL) != CL_SUCCESS ||
        entry.n_bytes == 0)
        return;
    entry.binary = malloc(entry.n_bytes);
    if (entry.binary != NULL &&
        cl->clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof entry.binary, &entry.binary, NULL) == CL_SUCCESS)
        (void)binary_cache_store(device->options.cache_folder, text->key, &entry);
    free(entry.binary);
}

static pt_status build(const gpu_device *device, const char *name, const program_text *text, cl_program *out, char **log,
                       pt_err *err)
{
    cl_program program = build_cached(device, text, log);
    if (program == NULL) {
        if (build_source(device, name, text, &program, err) != PT_OK)
            return err->code;
        *log = read_log(device, program);
        if (*log == NULL) {
            device->cl->clReleaseProgram(program);
            return pt_fail(err, PT_E_NOMEM, "no memory for the kernel %s", name);
        }
        keep(device, program, text, *log);
    }
    *out = program;
    return PT_OK;
}

pt_status gpu_program_build(const gpu_device *device, const char *name, const char *options, cl_program *out, char **log,
                            pt_err *err)
{
    program_text text;
    if (text_init(device, name, options, &text, err) != PT_OK)
        return err->code;
    build(device, name, &text, out, log, err);
    text_clear(&text);
    return err->code;
}
