#!/bin/sh
# render.sh [NAME...]: writes nutcracker.yml, or NAME.yml, with the passwords to memory. In the ConfigMap, each password is
# from-secret/<Secret>/<key>.
set -eu
umask 077

# Prints a file as a YAML string in ASCII: each character becomes a \U escape, so that any password works.
quote() {
  od -An -v -tu1 "$1" | awk '
    { for (i = 1; i <= NF; i++) {
        if (rest > 0) { if ($i < 128 || $i > 191) broken = 1; point = point * 64 + $i % 64; rest-- }
        else if ($i < 128) point = $i
        else if ($i >= 194 && $i < 224) { point = $i - 192; rest = 1 }
        else if ($i >= 224 && $i < 240) { point = $i - 224; rest = 2 }
        else if ($i >= 240 && $i < 245) { point = $i - 240; rest = 3 }
        else broken = 1
        if (rest == 0) { printf "\\U%08X", point; seen = 1 }
      } }
    END { exit broken || rest > 0 || !seen }'
}

[ $# -gt 0 ] || set -- nutcracker
for name; do
  while IFS= read -r line; do
    case $line in
      '  redis_auth: from-secret/'*)
        secret=${line#*from-secret/}
        if ! password=$(quote "/run/passwords/$secret"); then
          echo "the password in Secret $secret is empty or not UTF-8; change it: nutcracker cannot read it" >&2
          exit 1
        fi
        printf '  redis_auth: "%s"\n' "$password"
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"/etc/nutcracker/$name.yml" >"/run/nutcracker/$name.yml"
  nutcracker -t -c "/run/nutcracker/$name.yml"
done
