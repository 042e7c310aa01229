#!/bin/sh
# Holds the namespaces of a node for as long as the pipe on its standard input is open: the kernel closes it when the starter has
# ended, be it by kill -9. It then ends every process of the node, and with them go its mounts and interfaces. What is left after
# that, files and control groups, is removed here.
# Writes the process id by which the namespaces can be entered.
folder=$1
group=$2

# The kubelet sets these for the whole machine.
kernel='vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops'
before=$(cd /proc/sys && cat $kernel | tr '\n' ' ')

hierarchies=$(find /sys/fs/cgroup -maxdepth 1 -mindepth 1 -type d)
# With the newer control groups there is but one.
[ -e /sys/fs/cgroup/cgroup.controllers ] && hierarchies=/sys/fs/cgroup
for hierarchy in $hierarchies; do
  mkdir -p "$hierarchy/$group"
done

unshare --net --mount --pid --fork --kill-child sh -c '
  # Of the outer process table, so it is the number outside.
  read -r pid rest < /proc/self/stat
  mount -t proc proc /proc
  # Programs of a node have places of their own that no option moves.
  mount -t tmpfs tmpfs /run
  mount --bind "$1/log" /var/log
  for name in cni kubelet; do
    mkdir -p "/var/lib/$name"
    mount --bind "$1/$name" "/var/lib/$name"
  done
  echo "$pid"
  # Not "exec": the first process of a process namespace has to wait for orphans, which a shell does.
  cat > /dev/null
  :
' sh "$folder"

for name in $kernel; do
  echo "${before%% *}" > "/proc/sys/$name"
  before=${before#* }
done
for hierarchy in $hierarchies; do
  find "$hierarchy/$group" -depth -type d -exec rmdir {} +
done
rm -rf "$folder"
