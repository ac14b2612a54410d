# Takes the images of a release that went well from its record, the file RECORD, into IMAGES.
recorded_images() {
  [ "$(jq --raw-output .result "$RECORD")" = success ] ||
    fail "the release of $(jq --raw-output '.run_url' "$RECORD") did not go well: name the run of one that did"
  IMAGES=$(jq --raw-output .sha256 "$RECORD")
}
