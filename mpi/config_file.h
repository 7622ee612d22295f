/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/config_file.h - knobs from a file (docs/formats.md): [partita] for every command, a section for each command by its name. */
#ifndef PT_CONFIG_FILE_H
#define PT_CONFIG_FILE_H

#include "mpi/knobs.h"

/** Set what the file at path says for this command. The whole file is checked, the sections of other commands as well; a key of a
 *  command's section goes before the same of [partita].
 *  owns    path is borrowed by *settings
 *  ranks   root only
 *  errors  PT_E_NOINPUT; PT_E_FORMAT names file, line, key and what was expected: an unknown section or key, a value that the
 *          knob does not take, a key given twice in its sections, a line that is too long or neither heading nor KEY = VALUE,
 *          over 64 KiB; PT_E_NOMEM. *settings is then as it was */
pt_status config_file_read(const char *path, const char *command, knobs *settings, pt_err *err);

#endif
