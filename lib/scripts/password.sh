# Sets REDISCLI_AUTH, which redis-cli reads, and $second_password from the Secret as it is now: kubelet updates its files, while
# the environment keeps what it was when the container started. Without files, the environment is right.
second_password=
if [ -s /run/passwords/password ]; then
  # Not without the dot: the shell would drop line breaks at the end of a password.
  REDISCLI_AUTH=$(cat /run/passwords/password && printf .) && REDISCLI_AUTH=${REDISCLI_AUTH%.} && export REDISCLI_AUTH
  if [ -s /run/passwords/second ]; then
    second_password=$(cat /run/passwords/second && printf .) && second_password=${second_password%.}
  fi
fi
