# All that facts are made of, in one call: _facts NONCE FACT_PATH TIMEOUT GROUP...
# Output is cut into sections by lines "NONCE name"; making sense of the text is left to the controller.
_facts() (
  M=$1 FP=$2 TO=$3
  shift 3
  W=" $* "
  s() { echo; echo "$M $1"; }
  want() { case $W in *" $1 "*) return 0 ;; esac; return 1; }
  has() { command -v "$1" >/dev/null 2>&1; }
  limit() { if has timeout; then timeout "$TO" "$@"; else "$@"; fi; }
  # Exact, whatever bytes are in it: what a child of this shell was given.
  if want env; then s environ; cat /proc/self/environ; fi
  LC_ALL=C
  export LC_ALL
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
  Z=/etc/localtime
  [ -n "$TZ" ] && Z=/usr/share/zoneinfo/${TZ#:}
  B=/etc/mtab
  [ -e "$B" ] || B=/proc/mounts
  s files
  set --
  want distribution && set -- "$@" /etc/os-release /usr/lib/os-release /etc/debian_version /etc/alpine-release /etc/redhat-release /etc/centos-release /etc/oracle-release /etc/system-release /etc/SuSE-release /etc/slackware-version /etc/gentoo-release /etc/altlinux-release /etc/arch-release /etc/openwrt_release /etc/vmware-release
  { want distribution || want lsb; } && set -- "$@" /etc/lsb-release
  want network && set -- "$@" /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/type /sys/class/net/*/speed /sys/class/net/*/flags /sys/class/net/*/bonding/slaves /sys/class/net/*/bonding/mode /sys/class/net/*/bonding/miimon /sys/class/net/*/bonding/lacp_rate /sys/class/net/*/bonding/primary /sys/class/net/*/bonding/all_slaves_active /sys/class/net/*/bonding_slave/perm_hwaddr /sys/class/net/*/bridge/bridge_id /sys/class/net/*/bridge/stp_state
  want hardware && set -- "$@" /proc/meminfo /proc/uptime "$B" /proc/self/mountinfo /sys/block/*/size /sys/block/*/removable /sys/block/*/queue/rotational /sys/block/*/queue/hw_sector_size /sys/block/*/queue/scheduler /sys/block/*/queue/discard_granularity /sys/block/*/device/vendor /sys/block/*/device/model /sys/block/*/device/sas_address /sys/block/*/device/sas_device_handle /sys/block/*/dm/name /sys/block/*/*/size /sys/block/*/*/start /sys/block/*/*/queue/hw_sector_size
  { want hardware || want virtual; } && set -- "$@" /sys/class/dmi/id/*
  want virtual && set -- "$@" /proc/1/cgroup /proc/1/environ /proc/modules /proc/sysinfo /proc/xen/capabilities /run/systemd/container /run/.containerenv /sys/hypervisor/type /proc/device-tree/model
  want fibre && set -- "$@" /sys/class/fc_host/*/port_name
  want platform && set -- "$@" /proc/sys/kernel/ostype /proc/sys/kernel/osrelease /proc/sys/kernel/version /proc/sys/kernel/hostname /var/lib/dbus/machine-id /etc/machine-id
  want date && set -- "$@" "$Z"
  want dns && set -- "$@" /etc/resolv.conf
  want ssh && set -- "$@" /etc/ssh/ssh_host_*_key.pub /etc/openssh/ssh_host_*_key.pub /etc/ssh_host_*_key.pub
  want selinux && set -- "$@" /etc/selinux/config /sys/fs/selinux/enforce /sys/fs/selinux/policyvers
  has getent || set -- "$@" /etc/hosts /etc/passwd
  grep -a '' /dev/null "$@" /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /proc/sys/crypto/fips_enabled /proc/loadavg /proc/cmdline /proc/self/status /proc/1/comm 2>/dev/null
  if want hardware || want virtual; then
    s cpu
    awk '/^(flags|Features)/ && f++ { next } /^(processor|vendor_id|Vendor|model name|Model|cpu|Processor|CPU|physical id|siblings|core id|flags|Features|ncpus|hardware|Hardware|vendor)/' /proc/cpuinfo 2>/dev/null
    s links
    ls -ld /dev/disk/by-id/* /dev/disk/by-uuid/* /dev/disk/by-label/* /sys/block/* /sys/block/*/holders/* /sys/block/*/*/holders/* /sys/block/*/slaves/* 2>/dev/null
  fi
  if want network; then
    s netlinks
    ls -ld /sys/class/net/*/device /sys/class/net/*/device/driver/module /sys/class/net/*/brif/* 2>/dev/null
    if has ip; then
      s addr; ip -o addr show 2>/dev/null
      s route4; ip -4 route get 8.8.8.8 2>/dev/null
      s route6; ip -6 route get 2404:6800:400a:800::1012 2>/dev/null
      s local4; ip -4 route show table local 2>/dev/null
      s local6; ip -6 route show table local 2>/dev/null
    fi
    if has ethtool; then
      for f in /sys/class/net/*; do
        s "ethtool ${f##*/}"; ethtool -k "${f##*/}" 2>/dev/null
        s "ethtool-T ${f##*/}"; ethtool -T "${f##*/}" 2>/dev/null
      done
    fi
  fi
  if want platform; then
    s machine; uname -m
    # The fifth byte of an ELF file is its class: 1 for 32 bits, 2 for 64.
    s bits; IFS= read -r x 2>/dev/null </bin/sh; printf '%.5s' "$x" | od -An -tu1 2>/dev/null
    s fqdn
    IFS= read -r n </proc/sys/kernel/hostname
    if has getent; then
      a=$(limit getent ahosts "$n" 2>/dev/null)
      a=${a%%[!0-9a-fA-F.:]*}
      [ -n "$a" ] && limit getent hosts "$a" 2>/dev/null
    fi
  fi
  if want user; then
    s passwd
    n=${LOGNAME:-${USER:-${LNAME:-$USERNAME}}}
    echo "$n"
    if has getent; then getent passwd "${n:-$(id -u)}" 2>/dev/null; fi
  fi
  if want date; then s date; date '+%Y %m %d %H %M %S %s %z %w %W %A %N %Z'; fi
  if want python; then
    for p in python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 /usr/bin/python3 python3; do
      has "$p" || continue
      v=$("$p" -V 2>&1) || continue
      s python
      command -v "$p"
      echo "$v"
      break
    done
  fi
  if want caps && has capsh; then s caps; capsh --print 2>/dev/null; fi
  if want lsb && has lsb_release; then
    s lsb
    # Debian's and Ubuntu's program was Python's until 2023 and says what the files say.
    [ -e /etc/debian_version ] || lsb_release -a 2>/dev/null
  fi
  if want systemd && has systemctl; then s systemd; systemctl --version 2>/dev/null; fi
  if want chroot; then s root; stat -c '%d %i' / 2>/dev/null; stat -c '%d %i' /proc/1/root/. 2>/dev/null; stat -f -c %T / 2>/dev/null; fi
  if want hardware; then
    s statfs
    set --
    while read -r d m t _; do
      case $t in none) continue ;; esac
      case $d in /* | \\* | *:/*) set -- "$@" "$(printf %b "$m")" ;; esac
    done <"$B"
    if [ $# -gt 0 ]; then
      limit stat -f -c '%S|%b|%f|%a|%c|%d|%n' "$@" 2>/dev/null
      # One mount that hangs must not take the others' figures with it.
      [ $? = 124 ] && for m; do limit stat -f -c '%S|%b|%f|%a|%c|%d|%n' "$m" 2>/dev/null; done
    fi
    if has lsblk; then s lsblk; lsblk --list --noheadings --paths --output NAME,UUID --exclude 2 2>/dev/null; fi
    if has lspci; then s lspci; lspci -D 2>/dev/null; fi
    if has vgs && [ -w /etc ]; then
      s lvs; lvs --noheadings --nosuffix --units g --separator , 2>/dev/null
      s vgs; vgs --noheadings --nosuffix --units g --separator , 2>/dev/null
      s pvs; pvs --noheadings --nosuffix --units g --separator , 2>/dev/null
    fi
    [ -e /proc/self/status ] || { s nproc; nproc; }
  fi
  s commands
  for c in apt-get rpm dnf5 dnf dnf-3 yum microdnf zypper apk pacman emerge pkg pkgin xbps-install opkg swupd installp urpmi pkgadd sysget systemctl initctl openrc runit-init lsb_release capsh getenforce /usr/bin/apt-get /usr/bin/rpm /usr/bin/dnf /usr/bin/dnf5 /usr/bin/dnf-3 /usr/bin/microdnf; do command -v "$c" 2>/dev/null; done
  s present
  for f in /run/systemd/system /dev/.run/systemd /dev/.systemd /sbin/openrc /sbin/openrc-init /sbin/init /etc/init.d /.dockerenv /.dockerinit /run/.containerenv /proc/vz /proc/bc /proc/lve /proc/xen /proc/xen/capabilities /dev/kvm /sys/module/kvm /run/systemd/container /sys/kernel/security/apparmor /sys/fs/selinux /run/ostree-booted /ostree /dev/incus/sock /dev/lxd/sock /proc/self/status /etc/arch-release /usr/lib64/libselinux.so.1 /usr/lib/libselinux.so.1 /lib/*/libselinux.so.1 /usr/lib/*/libselinux.so.1 /lib64/libselinux.so.1 /lib/libselinux.so.1 /usr/sbin/runit-init /lib/systemd/systemd /sys/devices/virtual/dmi/id/product_name /proc/modules; do [ -e "$f" ] && echo "$f"; done
  [ -L /sbin/init ] && { s init; readlink /sbin/init; }
  if want local && [ -d "$FP" ]; then
    for f in "$FP"/*.fact; do
      if [ -L "$f" ] && [ ! -e "$f" ]; then
        s "local $f"; s "localrc $f"; echo gone
      fi
      [ -f "$f" ] || continue
      s "local $f"
      { echo; echo "$M $f"; } >&2
      if [ -x "$f" ]; then "$f" </dev/null; else cat "$f"; fi
      r=$?
      [ -x "$f" ] && { s "localrc $f"; echo "$r"; }
    done
  fi
  { echo; echo "$M end"; } >&2
  s end
)
