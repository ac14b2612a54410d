# Checks Terraform code without a state and without an identity: format, locked providers, validity.
# DIRECTORY: where the code is.
set -euo pipefail
#include talk
#include tools
export TF_IN_AUTOMATION=1 TF_INPUT=0
cd "$DIRECTORY"
[ -f .terraform.lock.hcl ] ||
  fail "'.terraform.lock.hcl' is not in '$PWD': run 'terraform providers lock -platform=linux_amd64' there and commit it"
terraform fmt -check -diff -recursive -no-color || fail "the code in '$DIRECTORY' is not formatted: run 'terraform fmt -recursive' there"
terraform init -backend=false -input=false -no-color -lockfile=readonly ||
  fail "terraform init failed in '$DIRECTORY': what it said is above"
terraform validate -no-color || fail "the code in '$DIRECTORY' is not valid: what Terraform said is above"
