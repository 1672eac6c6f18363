#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every use of a signer:// key that the provider promises, by the unmodified openssl command; what
# comes out is checked by openssl without the provider, with only the public key.
#
#   BIN=build/bin LIB=build/lib tests/system/provider_openssl.sh
#
# With SIGNER_SOCKET set, the signer that listens there is used and none is started.
set -euo pipefail

BIN=$(realpath "${BIN:?directory of signer, signerctl and signer-ceremony}")
LIB=$(realpath "${LIB:?directory of signer.so}")
work=$(mktemp -d)
children=()
finish() {
    local status=$?
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    wait
    [ $status -eq 0 ] || { echo "FAILED: ${step:-start}" >&2; cat "$work/log" >&2 || true; }
    rm -rf "$work"
    exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM
cd "$work"
: >log
p=(-provider-path "$LIB" -provider default -provider signer)

# -- a step is one line of output

begin() { step=$1; : >log; }
run() { "$@" >>log 2>&1; }
run_not() { if run "$@"; then return 1; fi; }
ok() { echo "ok $step"; }
refused() { # PATTERN command…: it must fail, and say so
    local pattern=$1
    shift
    if "$@" >out 2>err </dev/null; then echo "not refused: $*" >>log; return 1; fi
    cat err >>log
    grep -q -- "$pattern" err || { echo "no '$pattern' in what it said" >>log; return 1; }
}
wait_for() { # FILE PATTERN
    for _ in $(seq 1200); do grep -q -- "$2" "$1" 2>/dev/null && return 0; sleep 0.05; done
    { echo "no '$2' in $1"; cat "$1"; } >>log; return 1
}

# -- a signer with its keys

start_signer() {
    "$BIN/signer-ceremony" init --keystore "$work/ks" --kek "$work/kek" >>log 2>&1
    export SIGNER_SOCKET=$work/s.sock
    "$BIN/signer" --keystore "$work/ks" --kek "$work/kek" --socket "$SIGNER_SOCKET" 2>signer.err &
    children+=($!)
    wait_for signer.err ready
}

keys=()
generate() { # ID ALGORITHM [option…]
    local id=$1 algorithm=$2
    shift 2
    begin "generate $id"
    run "$BIN/signerctl" --socket "$SIGNER_SOCKET" generate "$id" --algorithm "$algorithm" "$@"
    keys+=("$id")
    ok
}
generate_optional() { # ALGORITHM: not every OpenSSL has it
    begin "generate $1"
    if run "$BIN/signerctl" --socket "$SIGNER_SOCKET" generate "$1" --algorithm "$1"; then
        # A signer may be linked with a later OpenSSL than the one tested here.
        openssl list -public-key-algorithms 2>/dev/null | grep -qi -- "$1" || return 0
        keys+=("$1")
        ok
    else
        grep -q ALGORITHM_UNSUPPORTED log
    fi
}

digested() { case $1 in rsa-* | ec-* | pss) true ;; *) false ;; esac; }

# -- uses, each for the key $id whose URI is $uri

use_pkey() {
    begin "pkey -pubout $id"
    run openssl pkey -in "$uri" -pubout -out pub "${p[@]}"
    case $uri in # a file is a private key's, and no public one
        signer:*) run openssl pkey -pubin -in "$uri" -pubout -out pub2 "${p[@]}" && run cmp pub pub2 ;;
    esac
    ok
    begin "storeutl $id"
    openssl storeutl "${p[@]}" -noout "$uri" >out 2>>log
    run grep -q 'Total found: 1' out
    ok
    begin "private key stays $id"
    refused KEY_STAYS_IN_SIGNER openssl pkey -in "$uri" "${p[@]}"
    run_not grep -q PRIVATE out
    ok
}

use_req() {
    begin "req -x509 $id"
    run openssl req -x509 -key "$uri" -subj "/CN=CA $id" -days 30 -out ca.crt -config ca.cnf \
        "${p[@]}"
    run openssl verify -CAfile ca.crt ca.crt
    openssl x509 -in ca.crt -noout -pubkey >certified 2>>log
    run cmp pub certified
    ok
    begin "req -new $id"
    run openssl req -new -key "$uri" -subj "/CN=$id" -out own.csr -config ca.cnf "${p[@]}"
    run openssl req -in own.csr -noout -verify
    run grep -q 'verify OK' log
    run openssl req -new -verify -key "$uri" -subj "/CN=$id" -out own.csr -config ca.cnf "${p[@]}"
    ok
}

use_x509() {
    begin "x509 -req -CAkey $id"
    run openssl x509 -req -in leaf.csr -CA ca.crt -CAkey "$uri" -set_serial 7 -days 3 \
        -out leaf.crt "${p[@]}"
    run openssl verify -CAfile ca.crt leaf.crt
    ok
    begin "x509 -new $id"
    run openssl x509 -new -key "$uri" -subj "/CN=$id" -days 3 -out new.crt "${p[@]}"
    run openssl verify -check_ss_sig -CAfile new.crt new.crt
    ok
    begin "x509 -force_pubkey $id"
    run openssl x509 -new -force_pubkey leaf.pub -subj /CN=forced -CA ca.crt -CAkey "$uri" \
        -set_serial 8 -days 3 -out forced.crt "${p[@]}"
    run openssl verify -CAfile ca.crt forced.crt
    ok
    # The comparison of key and certificate succeeds, so it must leave no error of its own behind.
    begin "pkcs12 refused, comparison clean $id"
    refused KEY_STAYS_IN_SIGNER openssl pkcs12 -export -in ca.crt -inkey "$uri" -passout pass:x \
        -out p12 "${p[@]}"
    run_not grep -q try_import err
    ok
}

verify_crl() {
    : >log
    run openssl crl -in "$1" -noout -CAfile ca.crt
    run grep -q 'verify OK' log
}

use_ca() {
    : >index.txt
    rm -f index.txt.*
    echo 01 | tee serial >crlnumber
    local ca=(openssl ca -batch -config ca.cnf -cert ca.crt -keyfile "$uri" "${p[@]}")
    begin "ca -keyfile $id"
    run "${ca[@]}" -in leaf.csr -out issued.crt -notext
    run openssl verify -CAfile ca.crt issued.crt
    ok
    begin "ca -gencrl $id"
    run "${ca[@]}" -gencrl -out first.crl
    verify_crl first.crl
    ok
    begin "ca -revoke $id"
    run "${ca[@]}" -revoke issued.crt
    run "${ca[@]}" -gencrl -out second.crl
    verify_crl second.crl
    run grep -q '^R' index.txt
    ok
    digested "$id" || return 0
    begin "crl -gendelta $id"
    run openssl crl -sha256 -in first.crl -gendelta second.crl -key "$uri" -out delta.crl "${p[@]}"
    verify_crl delta.crl
    ok
}

use_pkeyutl() {
    begin "pkeyutl -sign $id"
    if digested "$id"; then
        local hash
        for hash in sha256 sha384 sha512; do
            openssl dgst -$hash -binary message >digest 2>>log
            local how=(-in digest -pkeyopt digest:$hash)
            run openssl pkeyutl -sign -inkey "$uri" "${how[@]}" -out sig "${p[@]}"
            run openssl pkeyutl -verify -pubin -inkey pub "${how[@]}" -sigfile sig
        done
        head -c 20 message >twenty
        refused DIGEST_LENGTH openssl pkeyutl -sign -inkey "$uri" -in twenty \
            -pkeyopt digest:sha256 "${p[@]}"
    else
        run openssl pkeyutl -sign -rawin -inkey "$uri" -in message -out sig "${p[@]}"
        run openssl pkeyutl -verify -rawin -pubin -inkey pub -in message -sigfile sig
        : >log
        # OpenSSL 3.5 refuses by itself, before it asks the provider.
        refused 'HASH_NOT_ALLOWED\|not supported' openssl pkeyutl -sign -rawin -digest sha256 \
            -inkey "$uri" -in message "${p[@]}"
    fi
    ok
}

use_dgst() {
    digested "$id" || return 0
    local hash
    begin "dgst -sign $id"
    for hash in sha256 sha384 sha512; do
        run openssl dgst -$hash -sign "$uri" -out sig "${p[@]}" message
        run openssl dgst -$hash -verify pub -signature sig message
        run openssl dgst -$hash -prverify "$uri" -signature sig "${p[@]}" message
        : >log
        run_not openssl dgst -$hash -prverify "$uri" -signature sig "${p[@]}" digest
    done
    ok
    begin "SHA-1 refused $id"
    refused HASH_NOT_ALLOWED openssl dgst -sha1 -sign "$uri" "${p[@]}" message
    run grep -q 'SHA-256, SHA-384 and SHA-512' err
    refused HASH_NOT_ALLOWED openssl req -new -sha1 -key "$uri" -subj "/CN=$id" -config ca.cnf \
        "${p[@]}"
    ok
}
use_cms() {
    digested "$id" || return 0
    begin "cms -sign $id"
    run openssl cms -sign -nodetach -binary -in message -signer ca.crt -inkey "$uri" -md sha256 \
        -outform DER -out cms "${p[@]}"
    # OpenSSL cannot verify a CMS of an RSA-PSS key, one made with a key file included.
    [ "$id" = pss ] ||
        run openssl cms -verify -binary -inform DER -in cms -CAfile ca.crt -purpose any -out cms.out
    ok
}

pss=(-sigopt rsa_padding_mode:pss)
use_pss() { # an rsaEncryption key that signs with PSS
    case $id in rsa-*) ;; *) return 0 ;; esac
    begin "PSS certificate $id"
    run openssl req -x509 -key "$uri" "${pss[@]}" -sha384 -subj /CN=PSS -days 3 -out pss.crt \
        -config ca.cnf "${p[@]}"
    run openssl verify -check_ss_sig -CAfile pss.crt pss.crt
    openssl x509 -in pss.crt -noout -text >out 2>>log
    run grep -q 'Salt Length: 0x30' out
    ok
    begin "PSS dgst $id"
    local salt
    for salt in '' digest auto 32 -1; do
        run openssl dgst -sha256 -sign "$uri" "${pss[@]}" ${salt:+-sigopt rsa_pss_saltlen:$salt} \
            -out sig "${p[@]}" message
        run openssl dgst -sha256 -verify pub "${pss[@]}" -sigopt rsa_pss_saltlen:32 \
            -signature sig message
    done
    ok
    begin "PSS pkeyutl $id"
    openssl dgst -sha256 -binary message >digest 2>>log
    local how=(-pkeyopt rsa_padding_mode:pss -pkeyopt digest:sha256)
    run openssl pkeyutl -sign -inkey "$uri" -in digest "${how[@]}" -out sig "${p[@]}"
    run openssl pkeyutl -verify -pubin -inkey pub -in digest "${how[@]}" -sigfile sig
    ok
    begin "PSS cms $id"
    run openssl cms -sign -nodetach -binary -in message -signer ca.crt -inkey "$uri" -md sha256 \
        -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest -outform DER -out cms "${p[@]}"
    run openssl cms -verify -binary -inform DER -in cms -CAfile ca.crt -purpose any -out cms.out
    ok
    begin "PSS refusals $id"
    for salt in max 20 64 -3; do
        refused SALT_LENGTH openssl dgst -sha256 -sign "$uri" "${pss[@]}" -sigopt \
            rsa_pss_saltlen:$salt "${p[@]}" message
    done
    refused HASH_NOT_ALLOWED openssl dgst -sha256 -sign "$uri" "${pss[@]}" \
        -sigopt rsa_mgf1_md:sha512 "${p[@]}" message
    refused PADDING_NOT_ALLOWED openssl dgst -sha256 -sign "$uri" -sigopt rsa_padding_mode:x931 \
        "${p[@]}" message
    refused DIGEST_MISSING openssl pkeyutl -sign -inkey "$uri" -in digest "${p[@]}"
    ok
}

tls() { # VERSION
    begin "s_server -$1 $id"
    rm -f tls.sock
    openssl s_server -quiet -unix tls.sock -cert ca.crt -key "$uri" "${p[@]}" >server.log 2>&1 &
    local server=$!
    children+=($server)
    for _ in $(seq 200); do [ -S tls.sock ] && break; sleep 0.02; done
    run openssl s_client -unix tls.sock "-$1" -CAfile ca.crt -verify_return_error </dev/null ||
        { cat server.log >>log; return 1; }
    run grep -q 'Verify return code: 0 (ok)' log
    kill $server
    wait $server 2>/dev/null || true
    ok
}
use_tls() {
    case $id in slh-dsa-*) return 0 ;; ml-dsa-*) ;; *) tls tls1_2 ;; esac
    tls tls1_3
}

use_certificate() { # the one that the signer has
    begin "certificate $id"
    run "$BIN/signerctl" --socket "$SIGNER_SOCKET" cert "$id" --set ca.crt
    openssl x509 -in "$uri" "${p[@]}" -out given.crt 2>>log
    run openssl x509 -in ca.crt -out plain.crt
    run cmp given.crt plain.crt
    run openssl x509 -req -in leaf.csr -CA "$uri" -CAkey "$uri" -set_serial 7 -days 3 -out leaf.crt "${p[@]}"
    run openssl verify -CAfile ca.crt leaf.crt
    ok
}

use_ts() { # a time stamp (RFC 3161), by a key file alone
    digested "$id" && [ "$id" != pss ] || return 0
    begin "ts -reply $id"
    run openssl req -x509 -new -key "$uri" -subj /CN=stamps -days 3 -out tsa.crt -config ca.cnf \
        -extensions stamps "${p[@]}"
    run openssl ts -query -data message -sha256 -cert -out stamp.tsq
    echo 01 >tsa.serial
    run openssl ts -reply -config ca.cnf -section tsa -queryfile stamp.tsq -signer tsa.crt \
        -inkey "$uri" -out stamp.tsr "${p[@]}"
    run openssl ts -verify -queryfile stamp.tsq -in stamp.tsr -CAfile tsa.crt
    ok
}

use_ocsp() {
    begin "ocsp $id"
    run openssl ocsp -issuer ca.crt -cert issued.crt -reqout ocsp.req -no_nonce
    run openssl ocsp -index index.txt -rsigner ca.crt -rkey "$uri" -CA ca.crt -reqin ocsp.req \
        -respout ocsp.resp "${p[@]}"
    run openssl ocsp -respin ocsp.resp -issuer ca.crt -cert issued.crt -CAfile ca.crt -no_nonce
    run grep -q 'Response verify OK' log
    ok
}

# TLS 1.2 alone needs ephemeral keys of the name EC, and asks the provider that is preferred for them.
preferred() {
    local how saved=("${p[@]}") id=ec-p256 uri=signer://ec-p256
    for how in '-provider default -provider signer -propquery ?provider=signer' '-provider signer -provider default'; do
        # shellcheck disable=SC2206 # a list of words
        p=(-provider-path "$LIB" $how)
        begin "preferred: $how"
        run openssl pkey -in "$uri" -pubout -out pub "${p[@]}"
        ok
        use_req
        use_x509
        use_dgst
        tls tls1_3
    done
    p=("${saved[@]}")
}

# -- what is refused whatever the key

refusals() {
    begin 'unknown key'
    refused KEY_UNKNOWN openssl pkey -in signer://no-such-key -pubout "${p[@]}"
    run grep -q 'no such key' err
    ok
    begin 'malformed names'
    for uri in signer://a/b 'signer://a?b=c' signer:///a signer:// signer://A signer://-a \
        "signer://$(printf 'a%.0s' $(seq 65))"; do
        refused URI_INVALID openssl pkey -in "$uri" -pubout "${p[@]}"
    done
    ok
    begin 'no signer'
    SIGNER_SOCKET=$work/nobody refused nobody openssl pkey -in signer://ec-p256 -pubout "${p[@]}"
    ok
    begin 'short form of the name, and a planted file'
    run openssl pkey -in signer:ec-p256 -pubout -out short.pub "${p[@]}"
    run openssl pkey -in signer://ec-p256 -pubout -out long.pub "${p[@]}"
    run cmp short.pub long.pub
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out signer:ec-p256 2>>log
    run openssl pkey -in signer:ec-p256 -pubout -out short.pub "${p[@]}"
    run_not cmp short.pub long.pub
    run openssl pkey -in signer://ec-p256 -pubout -out again.pub "${p[@]}"
    run cmp again.pub long.pub
    ok
}

# -- all of it

cat >ca.cnf <<'END'
[req]
distinguished_name = dn
x509_extensions = root
[dn]
[root]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = hash
[stamps]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = critical,timeStamping
[tsa]
serial = tsa.serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[ca]
default_ca = it
[it]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = default
default_days = 3
default_crl_days = 3
policy = any
[any]
commonName = supplied
END
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out leaf.key 2>>log
openssl pkey -in leaf.key -pubout -out leaf.pub 2>>log
openssl req -new -key leaf.key -subj /CN=leaf -out leaf.csr -config ca.cnf 2>>log
printf 'what is signed, longer than any digest: %080d\n' 0 >message

[ -n "${SIGNER_SOCKET:-}" ] || start_signer
for algorithm in rsa-2048 rsa-3072 ec-p256 ec-p384 ec-p521 ed25519 ed448; do
    generate $algorithm $algorithm
done
generate pss rsa-2048 --schemes rsa-pss
for algorithm in ml-dsa-44 ml-dsa-65 ml-dsa-87 slh-dsa-sha2-128f; do
    generate_optional $algorithm
done
for id in "${keys[@]}"; do
    uri=signer://$id
    use_pkey
    use_req
    use_x509
    use_ca
    use_pkeyutl
    use_dgst
    use_cms
    use_pss
    use_tls
    use_certificate
done
# By a file that names the key: opened by decoders, not by the store, and used as the same key from there on.
for id in ec-p256 ed25519 pss rsa-2048; do
    uri=$work/$id.ref
    "$BIN/signerctl" --socket "$SIGNER_SOCKET" show $id --reference >"$uri" 2>>log
    use_pkey
    use_req
    use_x509
    use_ca
    use_pkeyutl
    use_dgst
    use_cms
    use_tls
    use_ts
    use_ocsp
done
preferred
refusals
echo "passed: openssl $(openssl version | cut -d' ' -f2)"
