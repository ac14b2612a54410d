# Goes to DIRECTORY. Programs of a .venv here or there come first.
if [ -d "$PWD/.venv/bin" ]; then export PATH="$PWD/.venv/bin:$PATH"; fi
cd "${DIRECTORY:-.}"
if [ -d "$PWD/.venv/bin" ]; then export PATH="$PWD/.venv/bin:$PATH"; fi
