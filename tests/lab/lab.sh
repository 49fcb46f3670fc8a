#!/bin/bash
# Real hosts for the tests: full Debian systems with systemd and sshd, booted by systemd-nspawn.
#
#   lab.sh up [N]       N hosts h1..hN (default 10), each with its own address; idempotent
#   lab.sh down         stops them; keeps the Debian root
#   lab.sh exec CMD…    runs CMD where the hosts can be reached
#   lab.sh sh HOST CMD… runs CMD as root on a host, past impel and SSH
#   lab.sh pid HOST     the process of a host's init, as this machine sees it
#   lab.sh root         makes the Debian root that the hosts (and the module tests) share, and prints its folder
#
# Needs root and Debian's debootstrap, systemd-container, iproute2, openssh-client. All traffic stays in network
# namespaces made here ($IMPEL_LAB_NAME*, default impel-lab). Scratch: $IMPEL_LAB (default /var/tmp/impel-lab).
set -euo pipefail
LAB=${IMPEL_LAB:-/var/tmp/impel-lab}
ROOT=${IMPEL_LAB_ROOT:-$LAB/root}
NS=${IMPEL_LAB_NAME:-impel-lab}
NET=10.78.0
mkdir -p "$LAB"

make_root() {
  if [ ! -e "$ROOT/.ready" ]; then
    rm -rf "$ROOT"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,procps,cron,acl,curl,python3,python3-apt,opendoas \
      bookworm "$ROOT" >"$LAB/debootstrap.log" 2>&1 || { tail -5 "$LAB/debootstrap.log" >&2; exit 1; }
    # the hosts reach no network: the package that a test installs is here already
    cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
    chroot "$ROOT" sh -c 'apt-get -q update && cd /var/cache/apt/archives && apt-get -q download hello && mv hello_*.deb ../hello.deb' >>"$LAB/debootstrap.log" 2>&1
    ln -sf /dev/null "$ROOT/etc/systemd/system/systemd-networkd-wait-online.service"
    ln -sf /dev/null "$ROOT/etc/systemd/system/apt-daily.timer"
    ln -sf /dev/null "$ROOT/etc/systemd/system/apt-daily-upgrade.timer"
    rm -f "$ROOT/etc/machine-id"; : >"$ROOT/etc/machine-id"
    chroot "$ROOT" useradd -m -s /bin/bash deploy
    echo 'deploy ALL=(ALL) NOPASSWD: ALL' >"$ROOT/etc/sudoers.d/deploy"; chmod 440 "$ROOT/etc/sudoers.d/deploy"
    chroot "$ROOT" useradd -m -s /bin/bash asked
    echo 'asked:open-sesame' | chroot "$ROOT" chpasswd
    echo 'asked ALL=(ALL) ALL' >"$ROOT/etc/sudoers.d/asked"; chmod 440 "$ROOT/etc/sudoers.d/asked"
    ls "$ROOT"/etc/ssh/ssh_host_ed25519_key >/dev/null 2>&1 || chroot "$ROOT" ssh-keygen -A >/dev/null
    touch "$ROOT/.ready"
  fi
  # what the faults need: other login shells, another stat, another clock
  if [ ! -e "$ROOT/.extras" ]; then
    chroot "$ROOT" sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -y -q install --no-install-recommends busybox fish tcsh libfaketime' \
      >>"$LAB/debootstrap.log" 2>&1 || { tail -5 "$LAB/debootstrap.log" >&2; exit 1; }
    touch "$ROOT/.extras"
  fi
  [ -e "$LAB/key" ] || ssh-keygen -q -t ed25519 -N '' -C impel-lab -f "$LAB/key"
  for user in deploy asked; do
    install -d -m 700 "$ROOT/home/$user/.ssh"
    install -m 600 "$LAB/key.pub" "$ROOT/home/$user/.ssh/authorized_keys"
    chroot "$ROOT" chown -R "$user:$user" "/home/$user/.ssh"
  done
}

leader() { # the process of the host's init, as this machine sees it
  local pid child grandchild
  pid=$(cat "$LAB/$1/pid" 2>/dev/null) || return 1
  grep -qs nspawn "/proc/$pid/cmdline" || return 1
  for child in $(cat "/proc/$pid/task/"*/children); do
    grep -q 'init\|systemd' "/proc/$child/comm" && { echo "$child"; return 0; }
    for grandchild in $(cat "/proc/$child/task/"*/children 2>/dev/null); do
      grep -q 'init\|systemd' "/proc/$grandchild/comm" && { echo "$grandchild"; return 0; }
    done
  done
  return 1
}

inside() { local host=$1 pid; shift; pid=$(leader "$host") || { echo "$host is not up" >&2; return 1; }
  nsenter -t "$pid" -m -u -i -n -p -- "$@"; }

up_host() { # name address
  local h=$1 ip=$2 d=$LAB/$1 ns=$NS-$1
  leader "$h" >/dev/null 2>&1 && return 0
  ip netns list | grep -qw "^$ns" || ip netns add "$ns"
  if ! ip -n "$ns" link show eth0 >/dev/null 2>&1; then
    ip -n $NS link del "v$h" 2>/dev/null || true
    ip -n $NS link add "v$h" type veth peer name eth0 netns "$ns"
    ip -n $NS link set "v$h" master br0 up
    ip -n "$ns" addr add "$ip/24" dev eth0; ip -n "$ns" link set eth0 up; ip -n "$ns" link set lo up
  fi
  mkdir -p "$d"/{up,work,root}
  # what a run that was killed left is not used again
  umount "$d/root" 2>/dev/null || true
  rm -rf "$d/up" "$d/work"; mkdir -p "$d"/{up,work}
  mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$d/up,workdir=$d/work" "$d/root"
  echo "$h" >"$d/root/etc/hostname"; printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$h" >"$d/root/etc/hosts"
  # systemd-nspawn ends where its guest starts anew in a network namespace that was given to it
  setsid bash -c 'while :; do
    systemd-nspawn "$@" >"$0/console.log" 2>&1 </dev/null & echo $! >"$0/pid"; wait $!
    grep -q "^Rebooting" "$0/console.log" || break
  done' "$d" -q -D "$d/root" -M "$NS-$h" --keep-unit --register=no -b --network-namespace-path="/run/netns/$ns" \
    --resolv-conf=off --timezone=off --link-journal=no >"$d/console.log" 2>&1 </dev/null &
}

case ${1:-} in
root) make_root; echo "$ROOT" ;;
up)
  n=${2:-10}
  make_root
  # a booted systemd holds about twenty of root's 128
  knob=/proc/sys/fs/inotify/max_user_instances
  if [ "$(cat $knob)" -lt 1024 ]; then cat $knob >"$LAB/inotify"; echo 1024 >$knob || true; fi
  ip netns list | grep -qw "^$NS" || ip netns add $NS
  ip -n $NS link show br0 >/dev/null 2>&1 || { ip -n $NS link add br0 type bridge; ip -n $NS addr add $NET.1/24 dev br0; }
  ip -n $NS link set lo up; ip -n $NS link set br0 up
  for i in $(seq "$n"); do up_host "h$i" "$NET.$((10 + i))"; done
  : >"$LAB/known_hosts"
  key=$(cut -d' ' -f1,2 "$ROOT/etc/ssh/ssh_host_ed25519_key.pub")
  { echo '[lab]'
    for i in $(seq "$n"); do
      echo "$NET.$((10 + i)) $key" >>"$LAB/known_hosts"
      echo "h$i ansible_host=$NET.$((10 + i))"
    done
    printf '[lab:vars]\nansible_user=deploy\nansible_ssh_private_key_file=%s/key\n' "$LAB"
    printf 'ansible_ssh_common_args=-o UserKnownHostsFile=%s/known_hosts\nansible_python_interpreter=/usr/bin/python3\n' "$LAB"
  } >"$LAB/hosts.ini"
  for i in $(seq "$n"); do
    for try in $(seq 200); do
      ip netns exec $NS ssh -q -F none -i "$LAB/key" -o BatchMode=yes -o UserKnownHostsFile="$LAB/known_hosts" \
        -o ConnectTimeout=2 "deploy@$NET.$((10 + i))" 'sudo systemctl is-system-running --wait' >/dev/null 2>&1 && break
      ip netns exec $NS ssh -q -F none -i "$LAB/key" -o BatchMode=yes -o UserKnownHostsFile="$LAB/known_hosts" \
        -o ConnectTimeout=2 "deploy@$NET.$((10 + i))" true >/dev/null 2>&1 && break
      [ "$try" = 200 ] && { echo "h$i does not answer; see $LAB/h$i/console.log" >&2; exit 1; }
      sleep 0.3
    done
  done
  echo "$n hosts up; inventory: $LAB/hosts.ini" ;;
down)
  for d in "$LAB"/h*/; do
    h=$(basename "$d"); pid=$(cat "$d/pid" 2>/dev/null || echo 0)
    if l=$(leader "$h" 2>/dev/null); then kill -s RTMIN+4 "$l"; fi
    for _ in $(seq 60); do [ -d "/proc/$pid" ] && [ "$pid" != 0 ] || break; sleep 0.1; done
    if [ "$pid" != 0 ] && grep -qs nspawn "/proc/$pid/cmdline"; then kill -9 "$pid"; sleep 0.1; fi
    umount "$d/root" 2>/dev/null || true; rm -rf "$d"; ip netns del "$NS-$h" 2>/dev/null || true
  done
  ip netns del $NS 2>/dev/null || true
  if [ -e "$LAB/inotify" ]; then cat "$LAB/inotify" >/proc/sys/fs/inotify/max_user_instances || true; rm -f "$LAB/inotify"; fi ;;
exec) shift; exec ip netns exec $NS "$@" ;;
sh) shift; inside "$@" ;;
pid) leader "$2" ;;
*) sed -n 2,13p "$0"; exit 2 ;;
esac
