from dataclasses import dataclass

from carriers.gsm.discovery import Device, PortInfo, Watcher, grouped, port_of


@dataclass
class Found:
    device: str
    location: str | None = None
    serial_number: str | None = None
    vid: int | None = None
    pid: int | None = None
    product: str | None = None
    hwid: str = ""


def usb(number, location, interface, serial_number=None):
    return port_of(
        Found(f"/dev/ttyUSB{number}", f"{location}:1.{interface}", serial_number, 0x12D1, 0x1506, "HUAWEI Mobile")
    )


def test_ports_of_one_socket_are_one_device_in_the_order_of_their_functions():
    ports = [usb(3, "1-1.2", 2), usb(0, "1-1.2", 0), usb(7, "1-1.3", 0), usb(1, "1-1.2", 1)]
    first, second = grouped(ports)
    assert [port.path for port in first.ports] == ["/dev/ttyUSB0", "/dev/ttyUSB1", "/dev/ttyUSB3"]
    assert [port.path for port in second.ports] == ["/dev/ttyUSB7"]
    assert (first.title, first.ports[0].maker) == ("HUAWEI Mobile", "12d1:1506")


def test_sixteen_modems_with_one_serial_number_are_sixteen():
    assert len(grouped(usb(number, f"1-1.{number}", 0, "0123456789ABCDEF") for number in range(16))) == 16


def test_a_serial_port_of_the_board_is_a_device_of_its_own():
    assert port_of(Found("/dev/ttyS0")) == PortInfo("/dev/ttyS0", "/dev/ttyS0")


def test_a_port_without_location_is_known_by_its_name():
    assert port_of(Found("/dev/ttyACM0", None, None, 0x1234, None)).device == "/dev/ttyACM0/"


def watched():
    told = []
    watcher = Watcher(lambda device: told.append(("+", device.key)), lambda device: told.append(("-", device.key)))
    return watcher, told


def test_devices_come_and_go():
    watcher, told = watched()
    one, two = Device("a", (PortInfo("/dev/ttyUSB0", "a"),)), Device("b", (PortInfo("/dev/ttyUSB1", "b"),))
    watcher.compare([one])
    watcher.compare([one, two])
    watcher.compare([two])
    watcher.compare([])
    assert told == [("+", "a"), ("+", "b"), ("-", "a"), ("-", "b")]


def test_a_device_with_other_names_has_gone_and_come():
    watcher, told = watched()
    watcher.compare([Device("a", (PortInfo("/dev/ttyUSB0", "a"),))])
    watcher.compare([Device("a", (PortInfo("/dev/ttyUSB4", "a"),))])
    assert told == [("+", "a"), ("-", "a"), ("+", "a")]
