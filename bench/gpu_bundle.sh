#!/usr/bin/env bash
# Prepares what a machine with a GPU, but without a package registry, lacks for `make gpu-check`:
#   gpu_bundle.sh [FOLDER]     default: .gpu-bundle, which gpu_check.sh looks into
# FOLDER gets packages.tar.gz (third-party headers and libraries of Debian's packages, in a form that can stand
# anywhere), commit, and golden/ if there are golden files in $GOLDEN or ../shared/golden. Needs Debian 12 on x86-64; the
# libraries run on any x86-64 Linux with glibc 2.34 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
bundle=${1:-.gpu-bundle}
golden=${GOLDEN:-../shared/golden}
limit_mib=50
# What find_package, pkg-config and the linker look for, then what those libraries load.
packages=(libdnnl-dev libfmt-dev nlohmann-json3-dev libcli11-dev libstb-dev doctest-dev libzip-dev
  libdnnl2 ocl-icd-libopencl1 libfmt9 libzip4 libbz2-1.0 libssl3 zlib1g pkgconf-bin libpkgconf3)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt reads and writes as a user of its own
mkdir "$work/packages" "$work/root"
[ "$(id -u)" -ne 0 ] || chown _apt "$work/packages" 2>/dev/null || true
echo "gpu-bundle: downloading ${#packages[@]} packages"
(cd "$work/packages" && apt-get download -qq "${packages[@]}") || {
  echo "gpu-bundle: apt-get cannot download the packages (needs Debian 12; try apt-get update)" >&2
  exit 1
}
for package in "$work"/packages/*.deb; do dpkg -x "$package" "$work/root"; done

# Headers, libraries and what finds them; nothing else travels. libbz2 and zlib stand outside /usr in Debian 12.
cd "$work/root"
libraries=usr/lib/x86_64-linux-gnu
if [ -d lib ]; then cp -a lib/x86_64-linux-gnu/. "$libraries/" && rm -rf lib; fi
rm -rf etc usr/share/doc usr/share/man usr/share/lintian usr/share/doc-base usr/share/pkgconfig usr/share/aclocal
rm -rf "$libraries"/{engines-3,ossl-modules,libssl.so.3,pkgconfig/stb.pc} "$libraries"/libstb.*
find . -type f -name '*.so*' -exec strip --strip-unneeded {} +

# Debian's own path becomes one relative to the file that names it.
sed -i "s|^prefix=/usr\$|prefix=\${pcfiledir}/../../..|" "$libraries"/pkgconfig/*.pc
# oneDNN's package asks for OpenCL's headers too, but a program that computes on the CPU only has to load the library.
cat >"$libraries/cmake/dnnl/FindOpenCL.cmake" <<'MODULE'
add_library(OpenCL::OpenCL SHARED IMPORTED)
set_target_properties(OpenCL::OpenCL PROPERTIES IMPORTED_LOCATION "${CMAKE_CURRENT_LIST_DIR}/../../libOpenCL.so.1")
set(OpenCL_FOUND TRUE)
MODULE
cat >pkg-config <<'WRAPPER'
#!/usr/bin/env bash
# pkg-config over this folder alone, wherever it stands.
here=$(cd "$(dirname "$0")" && pwd)
libraries=$here/usr/lib/x86_64-linux-gnu
export PKG_CONFIG_LIBDIR=$libraries/pkgconfig
LD_LIBRARY_PATH=$libraries exec "$here/usr/bin/pkgconf" "$@"
WRAPPER
chmod +x pkg-config
cd "$OLDPWD"

if [ -e "$bundle" ] && [ ! -e "$bundle/packages.tar.gz" ]; then
  echo "gpu-bundle: $bundle: expected a new folder or an earlier bundle, found something else" >&2
  exit 1
fi
rm -rf "$bundle"
mkdir -p "$bundle"
tar -C "$work/root" -c . | gzip -9 >"$bundle/packages.tar.gz"
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
if [ -n "$(git status --porcelain 2>/dev/null)" ]; then commit+=", with changes"; fi
echo "$commit" >"$bundle/commit"
if [ -d "$golden" ]; then cp -rL --no-preserve=mode "$golden" "$bundle/golden"; fi

size=$(du -sm "$bundle" | cut -f1)
echo "gpu-bundle: $bundle holds $size MiB, commit $commit"
if [ "$size" -gt "$limit_mib" ]; then
  echo "gpu-bundle: expected at most $limit_mib MiB" >&2
  exit 1
fi
