# Prints 'LINE: STATEMENT' for each statement in the SQL file $1 that code which still runs may not survive.
# Comments and text in quotes do not count; a statement has the line where it begins.
contracting() {
  awk -v quote="'" '
    function judge(sql, rest) {
      rest = " " tolower(sql) " "
      gsub(/[^a-z0-9_]+/, " ", rest)
      if (rest ~ / drop (table|column|view|materialized|schema|database|type|sequence|function|domain) /) return 1
      if (rest ~ / (rename|truncate|sp_rename) / || rest ~ / set not null /) return 1
      if (rest ~ / alter [a-z0-9_]+ type / || rest ~ / set data type / || rest ~ / alter type .* drop attribute /) return 1
      if (match(rest, / alter column [a-z0-9_]+ [a-z0-9_]+ /) &&
        substr(rest, RSTART, RLENGTH) !~ / (set|drop|add|restart|reset) $/) return 1
      if (rest ~ / alter table ([a-z0-9_]+ )?[a-z0-9_]+ (modify|change) /) return 1
      if (rest ~ / delete from / && rest !~ / delete from (public )?alembic_version /) return 1
      if (rest ~ / add .* not null / && rest !~ / (default|generated|identity|serial|bigserial|add constraint) /) return 1
      # The word column may be left out: what is dropped by name is a column.
      if (rest ~ / alter table /) {
        gsub(/ drop (constraint|default|not null|identity|expression|index|primary key|foreign key|check) /, " ", rest)
        if (rest ~ / drop /) return 1
      }
      return 0
    }
    function flush() {
      gsub(/[[:space:]]+/, " ", shown)
      sub(/^ /, "", shown)
      if (judge(statement)) print start ": " shown
      statement = shown = ""
      start = added = 0
    }
    {
      line = $0
      if (block) {
        if (!sub(/^.*\*\//, "", line)) next
        block = 0
      }
      kept = line
      gsub(quote "[^" quote "]*" quote, " text ", line)
      gsub(/"[^"]*"/, " name ", line)
      gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ", line)
      sub(/--.*/, "", line)
      if (sub(/\/\*.*/, "", line)) block = 1
      if (line ~ /^[[:space:]]*$/) next
      count = split(line, parts, ";")
      for (i = 1; i <= count; i++) {
        if (parts[i] !~ /^[[:space:]]*$/) {
          if (!start) start = NR
          statement = statement " " parts[i]
          if (added != NR) shown = shown " " kept
          added = NR
        }
        if (i < count && start) flush()
      }
    }
    END { if (start) flush() }
  ' "$1"
}
