# Starts the programs of a cluster and ends them with whoever holds the other end of standard input.
# $1 is the folder that it lives in, $2 the folder of the programs; $3, $4, $5 are ports: etcd's two, and
# the API server's. A line on standard input says that the API server is ready for the others.
folder=$1 programs=$2 clients=$3 members=$4 api=$5
all=""
begin() {
  log=$1.log program=$programs/$1
  shift
  "$program" "$@" >"$log" 2>&1 </dev/null &
  all="$all $!"
}
finish() {
  # Each by its own id; nothing writes any more when the folder goes.
  kill -9 $all 2>/dev/null
  wait
  cd / && rm -rf -- "$folder"
}
cd "$folder" || exit 1
trap finish EXIT
begin etcd --data-dir etcd --unsafe-no-fsync \
  --listen-client-urls "http://127.0.0.1:$clients" --advertise-client-urls "http://127.0.0.1:$clients" \
  --listen-peer-urls "http://127.0.0.1:$members" --initial-advertise-peer-urls "http://127.0.0.1:$members" \
  --initial-cluster "default=http://127.0.0.1:$members"
begin kube-apiserver --etcd-servers="http://127.0.0.1:$clients" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
  --secure-port="$api" --tls-cert-file=server.crt --tls-private-key-file=server.key --client-ca-file=ca.crt \
  --service-cluster-ip-range=10.0.0.0/16 --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key \
  --service-account-issuer=https://kubernetes.default.svc --token-auth-file=tokens.csv --authorization-mode=RBAC \
  --endpoint-reconciler-type=none --disable-admission-plugins=ServiceAccount
read -r _ || exit 0
# They ask as fast as they can: nobody else is here. The nodes have no kubelet that would say again and again
# that they live: after 50 s they would be called dead, and the Pods on them not ready, for ever.
begin kube-controller-manager --kubeconfig=admin.kubeconfig --service-account-private-key-file=sa.key \
  --leader-elect=false --bind-address=127.0.0.1 --secure-port=0 --kube-api-qps=500 --kube-api-burst=1000 \
  --node-monitor-grace-period=24h
begin kube-scheduler --kubeconfig=admin.kubeconfig --leader-elect=false --bind-address=127.0.0.1 --secure-port=0 \
  --kube-api-qps=500 --kube-api-burst=1000
begin kwok --kubeconfig=admin.kubeconfig --manage-all-nodes=true --config=stages.yaml
while read -r _; do :; done
