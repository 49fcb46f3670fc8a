# shellcheck shell=sh
# For tests: a repository of small packages in /repo (suites stable and testing), the only one that apt knows then.
set -e
umask 022
package() { # SUITE NAME VERSION FIELDS [POSTINST]
    d=$(mktemp -d)
    mkdir -p "$d/DEBIAN" "$d/usr/share/$2" "/repo/pool/$1"
    echo "$3" >"$d/usr/share/$2/version"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: for tests\n' "$2" "$3" >"$d/DEBIAN/control"
    [ -z "$4" ] || printf '%s\n' "$4" >>"$d/DEBIAN/control"
    if [ -n "${5:-}" ]; then
        printf '#!/bin/sh\n%s\n' "$5" >"$d/DEBIAN/postinst"
        chmod 755 "$d/DEBIAN/postinst"
    fi
    if [ "$2" = imp-conf ]; then
        mkdir -p "$d/etc"
        echo "setting of $3" >"$d/etc/imp.conf"
        echo /etc/imp.conf >"$d/DEBIAN/conffiles"
    fi
    chmod 755 "$d"
    dpkg-deb -Znone --build "$d" "/repo/pool/$1/$2_$3_all.deb" >/dev/null
    rm -rf "$d"
}
index() { # SUITE
    b=/repo/dists/$1/main
    mkdir -p "$b/binary-amd64" "$b/source"
    : >"$b/binary-amd64/Packages"
    for f in /repo/pool/"$1"/*.deb; do
        {
            dpkg-deb -f "$f"
            printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "${f#/repo/}" "$(stat -c %s "$f")" "$(sha256sum "$f" | cut -d' ' -f1)"
        } >>"$b/binary-amd64/Packages"
    done
    printf 'Package: imp-src\nBinary: imp-src\nVersion: 1.0\nMaintainer: T <t@example.org>\nArchitecture: all\nBuild-Depends: imp-lib\nFormat: 3.0 (native)\nDirectory: pool\nFiles:\n 0 0 imp-src_1.0.dsc\nChecksums-Sha256:\n 0 0 imp-src_1.0.dsc\n\n' >"$b/source/Sources"
    {
        printf 'Suite: %s\nCodename: %s\nComponents: main\nArchitectures: amd64 all\nDate: Mon, 01 Jan 2024 00:00:00 UTC\nSHA256:\n' "$1" "$1"
        for f in main/binary-amd64/Packages main/source/Sources; do
            printf ' %s %s %s\n' "$(sha256sum "/repo/dists/$1/$f" | cut -d' ' -f1)" "$(stat -c %s "/repo/dists/$1/$f")" "$f"
        done
    } >"/repo/dists/$1/Release"
}
rm -rf /repo /var/lib/apt/lists/*
mkdir -p /repo
package stable build-essential 1.0 ''
package stable imp-a 1.0 ''
package stable imp-a 1.1 ''
package stable imp-b 1.0 'Depends: imp-lib
Recommends: imp-rec'
package stable imp-lib 1.0 ''
package stable imp-rec 1.0 ''
package stable imp-conf 1.0 ''
package stable imp-svc 1.0 '' 'if [ -x /usr/sbin/policy-rc.d ]; then /usr/sbin/policy-rc.d imp start; echo $? >/imp-policy; else echo none >/imp-policy; fi'
package stable imp-virtual-one 1.0 'Provides: imp-virtual'
package testing imp-a 2.0 ''
package testing imp-conf 2.0 ''
index stable
index testing
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
printf 'deb [trusted=yes] file:/repo stable main\ndeb [trusted=yes] file:/repo testing main\ndeb-src [trusted=yes] file:/repo stable main\n' >/etc/apt/sources.list
printf 'Package: *\nPin: release a=testing\nPin-Priority: 100\n' >/etc/apt/preferences
