# SPDX-License-Identifier: Apache-2.0
# Debian's packages that Partita needs: the one list, and how those that are missing are installed. Sourced by its neighbours.

packages_build='gcc libc6-dev make cmake ninja-build pkgconf libjansson-dev libsodium-dev libxxhash-dev libzstd-dev libhwloc-dev libinih-dev libsqlite3-dev opencl-c-headers libopenmpi-dev openmpi-bin'
packages_tests='libcmocka-dev python3 ca-certificates g++ groff-base ocl-icd-libopencl1 pocl-opencl-icd oclgrind'
packages_long='valgrind gnuplot-nox strace'
packages_fuzz='clang libclang-rt-dev'
packages_node='nodejs npm'

run_as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "cannot install without root or sudo; as root: $*" >&2
        return 1
    fi
}

# install_missing PACKAGE...: nothing is done when all are there
install_missing() {
    if ! command -v dpkg-query >/dev/null; then
        echo "not a Debian system: this needs what Debian calls $*"
        return 0
    fi
    missing=
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "installing Debian's packages:$missing"
    run_as_root apt-get -q update
    # shellcheck disable=SC2086 # one word a package
    run_as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $missing
}

# Ninja where it is, else CMake's own choice
choose_generator() {
    if [ -z "${CMAKE_GENERATOR:-}" ] && command -v ninja >/dev/null; then
        export CMAKE_GENERATOR=Ninja
    fi
}
