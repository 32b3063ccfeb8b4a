#!/usr/bin/env bash
# Fetches the jars of a Kafka broker into .cache/kafka/libs, once; the tests start a broker from them.
# Usage: scripts/kafka.sh fetch. Needs Java 17 or newer and Maven; prints the folder of the jars.
set -euo pipefail
cd "$(dirname "$0")/.."
kafka=4.1.0
log4j=2.24.3
folder=.cache/kafka
libs=$folder/libs

say() { printf 'kafka: %s\n' "$*" >&2; }

[ "${1:-}" = fetch ] || {
    say "usage: scripts/kafka.sh fetch"
    exit 2
}

# The stamp is written last, so that a fetch that was cut off is done again.
stamp=$folder/.fetched
wanted="kafka $kafka log4j $log4j"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    for program in java mvn; do
        command -v "$program" >/dev/null || {
            say "'$program' is missing; run: sudo apt-get install -y default-jre-headless maven"
            exit 1
        }
    done
    say "fetching the jars of Kafka $kafka (43 MB)"
    rm -rf "$folder"
    mkdir -p "$folder"
    cat >"$folder/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>moodline</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$log4j</version></dependency>
  </dependencies>
</project>
POM
    mvn --quiet --batch-mode --file "$folder/pom.xml" dependency:copy-dependencies \
        -DoutputDirectory="$PWD/$libs" >&2 || {
        say "Maven could not fetch the jars; see its message above"
        exit 1
    }
    [ -f "$libs/kafka_2.13-$kafka.jar" ] && [ -f "$libs/log4j-slf4j-impl-$log4j.jar" ] || {
        say "Maven fetched no Kafka into $libs"
        exit 1
    }
    printf '%s' "$wanted" >"$stamp"
fi
printf '%s\n' "$libs"
