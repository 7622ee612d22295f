/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/zkey_writer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static pt_status write_raw(zkey_writer *writer, const void *bytes, size_t n_bytes, pt_err *err)
{
    if (fwrite(bytes, 1, n_bytes, writer->stream) != n_bytes)
        return pt_fail(err, PT_E_IO, "proving key: %s", strerror(errno));
    return PT_OK;
}

pt_status zkey_writer_init(zkey_writer *writer, FILE *stream, uint32_t n_sections, pt_err *err)
{
    const uint32_t version_and_sections[2] = {1, n_sections};
    writer->stream = stream;
    writer->left_bytes = 0;
    crypto_generichash_init(&writer->hash, NULL, 0, ZKEY_HASH_BYTES);
    pt_status st = write_raw(writer, "zkey", 4, err);
    if (st == PT_OK)
        st = write_raw(writer, version_and_sections, sizeof version_and_sections, err);
    return st;
}

pt_status zkey_writer_section(zkey_writer *writer, uint32_t type, uint64_t len_bytes, pt_err *err)
{
    assert(writer->left_bytes == 0);
    writer->left_bytes = len_bytes;
    pt_status st = write_raw(writer, &type, sizeof type, err);
    if (st == PT_OK)
        st = write_raw(writer, &len_bytes, sizeof len_bytes, err);
    return st;
}

pt_status zkey_writer_bytes(zkey_writer *writer, const void *bytes, size_t n_bytes, pt_err *err)
{
    assert(n_bytes <= writer->left_bytes);
    writer->left_bytes -= n_bytes;
    crypto_generichash_update(&writer->hash, bytes, n_bytes);
    return write_raw(writer, bytes, n_bytes, err);
}

pt_status zkey_writer_u32(zkey_writer *writer, uint32_t value, pt_err *err)
{
    return zkey_writer_bytes(writer, &value, sizeof value, err);
}

void zkey_writer_hash(zkey_writer *writer, uint8_t out[ZKEY_HASH_BYTES])
{
    crypto_generichash_final(&writer->hash, out, ZKEY_HASH_BYTES);
}
