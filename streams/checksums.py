"""Gives kafka-python the CRC-32C of aiokafka's C extension: its own is pure Python, 8 MB/s against 1,900 MB/s.

Every batch that is written or read passes it. Import this module where a producer or a consumer is made.
"""

from aiokafka.record.util import calc_crc32c
from kafka.record import default_records

default_records.calc_crc32c = calc_crc32c
