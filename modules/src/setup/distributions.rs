//! What ansible-core makes of the release files of many distributions, observed; ours must be the same.

use super::distribution;
use super::gathered::{Facts, Gathered};
use crate::Data;

type Case = (&'static str, &'static [(&'static str, &'static str)], [&'static str; 7]);

/// Name, files, and: distribution, version, major version, release, path, variety, family.
const CASES: &[Case] = &[
    (
        "ubuntu22",
        &[
            (
                "/etc/os-release",
                "PRETTY_NAME=\"Ubuntu 22.04.4 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nVERSION=\"22.04.4 LTS (Jammy Jellyfish)\"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n",
            ),
            (
                "/etc/lsb-release",
                "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04.4 LTS\"\n",
            ),
            ("/etc/debian_version", "bookworm/sid\n"),
        ],
        ["Ubuntu", "22.04", "22", "jammy", "/etc/os-release", "Debian", "Debian"],
    ),
    (
        "alpine",
        &[
            (
                "/etc/os-release",
                "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME=\"Alpine Linux v3.19\"\n",
            ),
            ("/etc/alpine-release", "3.19.1\n"),
        ],
        ["Alpine", "3.19.1", "3", "NA", "/etc/alpine-release", "Alpine", "Alpine"],
    ),
    (
        "rocky9",
        &[
            (
                "/etc/os-release",
                "NAME=\"Rocky Linux\"\nVERSION=\"9.3 (Blue Onyx)\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\nPLATFORM_ID=\"platform:el9\"\nPRETTY_NAME=\"Rocky Linux 9.3 (Blue Onyx)\"\n",
            ),
            ("/etc/redhat-release", "Rocky Linux release 9.3 (Blue Onyx)\n"),
            ("/etc/rocky-release", "Rocky Linux release 9.3 (Blue Onyx)\n"),
            ("/etc/system-release", "Rocky Linux release 9.3 (Blue Onyx)\n"),
        ],
        ["Rocky", "9.3", "9", "Blue Onyx", "/etc/redhat-release", "RedHat", "RedHat"],
    ),
    (
        "alma8",
        &[
            (
                "/etc/os-release",
                "NAME=\"AlmaLinux\"\nVERSION=\"8.9 (Midnight Oncilla)\"\nID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"8.9\"\nPRETTY_NAME=\"AlmaLinux 8.9 (Midnight Oncilla)\"\n",
            ),
            ("/etc/redhat-release", "AlmaLinux release 8.9 (Midnight Oncilla)\n"),
            ("/etc/almalinux-release", "AlmaLinux release 8.9 (Midnight Oncilla)\n"),
        ],
        ["AlmaLinux", "8.9", "8", "Midnight Oncilla", "/etc/redhat-release", "RedHat", "RedHat"],
    ),
    (
        "rhel9",
        &[
            (
                "/etc/os-release",
                "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.3 (Plow)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.3\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.3 (Plow)\"\n",
            ),
            ("/etc/redhat-release", "Red Hat Enterprise Linux release 9.3 (Plow)\n"),
        ],
        ["RedHat", "9.3", "9", "Plow", "/etc/redhat-release", "RedHat", "RedHat"],
    ),
    (
        "centos7",
        &[
            (
                "/etc/os-release",
                "NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"7\"\nPRETTY_NAME=\"CentOS Linux 7 (Core)\"\n",
            ),
            ("/etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n"),
            ("/etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n"),
        ],
        ["CentOS", "7.9", "7", "Core", "/etc/redhat-release", "RedHat", "RedHat"],
    ),
    (
        "stream9",
        &[
            (
                "/etc/os-release",
                "NAME=\"CentOS Stream\"\nVERSION=\"9\"\nID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"\nPRETTY_NAME=\"CentOS Stream 9\"\n",
            ),
            ("/etc/redhat-release", "CentOS Stream release 9\n"),
            ("/etc/centos-release", "CentOS Stream release 9\n"),
        ],
        ["CentOS", "9", "9", "Stream", "/etc/centos-release", "CentOS", "RedHat"],
    ),
    (
        "fedora",
        &[
            (
                "/etc/os-release",
                "NAME=\"Fedora Linux\"\nVERSION=\"39 (Container Image)\"\nID=fedora\nVERSION_ID=39\nVERSION_CODENAME=\"\"\nPRETTY_NAME=\"Fedora Linux 39 (Container Image)\"\nVARIANT=\"Container Image\"\n",
            ),
            ("/etc/redhat-release", "Fedora release 39 (Thirty Nine)\n"),
            ("/etc/fedora-release", "Fedora release 39 (Thirty Nine)\n"),
        ],
        ["Fedora", "39", "39", "", "/etc/redhat-release", "RedHat", "RedHat"],
    ),
    (
        "oracle",
        &[
            (
                "/etc/os-release",
                "NAME=\"Oracle Linux Server\"\nVERSION=\"8.9\"\nID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"8.9\"\nPRETTY_NAME=\"Oracle Linux Server 8.9\"\n",
            ),
            ("/etc/redhat-release", "Red Hat Enterprise Linux release 8.9 (Ootpa)\n"),
            ("/etc/oracle-release", "Oracle Linux Server release 8.9\n"),
        ],
        ["OracleLinux", "8.9", "8", "NA", "/etc/oracle-release", "OracleLinux", "RedHat"],
    ),
    (
        "amazon2",
        &[
            (
                "/etc/os-release",
                "NAME=\"Amazon Linux\"\nVERSION=\"2\"\nID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"2\"\nPRETTY_NAME=\"Amazon Linux 2\"\n",
            ),
            ("/etc/system-release", "Amazon Linux release 2 (Karoo)\n"),
        ],
        ["Amazon", "2", "2", "NA", "/etc/os-release", "Amazon", "RedHat"],
    ),
    (
        "amazon2023",
        &[
            (
                "/etc/os-release",
                "NAME=\"Amazon Linux\"\nVERSION=\"2023\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\nPLATFORM_ID=\"platform:al2023\"\nPRETTY_NAME=\"Amazon Linux 2023\"\n",
            ),
            ("/etc/system-release", "Amazon Linux release 2023.3.20240117 (Amazon Linux)\n"),
        ],
        ["Amazon", "2023", "2023", "NA", "/etc/os-release", "Amazon", "RedHat"],
    ),
    (
        "leap",
        &[(
            "/etc/os-release",
            "NAME=\"openSUSE Leap\"\nVERSION=\"15.5\"\nID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\nVERSION_ID=\"15.5\"\nPRETTY_NAME=\"openSUSE Leap 15.5\"\n",
        )],
        ["openSUSE Leap", "15.5", "15", "5", "/etc/os-release", "SUSE", "Suse"],
    ),
    (
        "tumbleweed",
        &[(
            "/etc/os-release",
            "NAME=\"openSUSE Tumbleweed\"\n# VERSION=\"20240101\"\nID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\nVERSION_ID=\"20240101\"\nPRETTY_NAME=\"openSUSE Tumbleweed\"\n",
        )],
        ["openSUSE Tumbleweed", "20240101", "20240101", "", "/etc/os-release", "SUSE", "Suse"],
    ),
    (
        "sles",
        &[(
            "/etc/os-release",
            "NAME=\"SLES\"\nVERSION=\"15-SP5\"\nVERSION_ID=\"15.5\"\nPRETTY_NAME=\"SUSE Linux Enterprise Server 15 SP5\"\nID=\"sles\"\nID_LIKE=\"suse\"\nCPE_NAME=\"cpe:/o:suse:sles:15:sp5\"\n",
        )],
        ["SLES", "15.5", "15", "5", "/etc/os-release", "SUSE", "Suse"],
    ),
    (
        "arch",
        &[
            (
                "/etc/os-release",
                "NAME=\"Arch Linux\"\nPRETTY_NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n",
            ),
            ("/etc/arch-release", ""),
        ],
        ["Archlinux", "NA", "NA", "NA", "/etc/arch-release", "Archlinux", "Archlinux"],
    ),
    (
        "manjaro",
        &[
            (
                "/etc/os-release",
                "NAME=\"Manjaro Linux\"\nPRETTY_NAME=\"Manjaro Linux\"\nID=manjaro\nID_LIKE=arch\nBUILD_ID=rolling\n",
            ),
            ("/etc/arch-release", ""),
            (
                "/etc/lsb-release",
                "DISTRIB_ID=\"ManjaroLinux\"\nDISTRIB_RELEASE=\"23.1.3\"\nDISTRIB_CODENAME=\"Vulcan\"\nDISTRIB_DESCRIPTION=\"Manjaro Linux\"\n",
            ),
        ],
        ["Archlinux", "NA", "NA", "NA", "/etc/arch-release", "Archlinux", "Archlinux"],
    ),
    (
        "gentoo",
        &[
            (
                "/etc/os-release",
                "NAME=Gentoo\nID=gentoo\nPRETTY_NAME=\"Gentoo Linux\"\nVERSION_ID=\"2.14\"\n",
            ),
            ("/etc/gentoo-release", "Gentoo Base System release 2.14\n"),
        ],
        ["Gentoo", "2.14", "2", "NA", "/etc/os-release", "NA", "Gentoo"],
    ),
    (
        "kali",
        &[
            (
                "/etc/os-release",
                "PRETTY_NAME=\"Kali GNU/Linux Rolling\"\nNAME=\"Kali GNU/Linux\"\nVERSION_ID=\"2023.4\"\nVERSION=\"2023.4\"\nVERSION_CODENAME=kali-rolling\nID=kali\nID_LIKE=debian\n",
            ),
            ("/etc/debian_version", "kali-rolling\n"),
        ],
        ["Kali", "2023.4", "2023", "kali-rolling", "/etc/os-release", "Debian", "Debian"],
    ),
    (
        "mint",
        &[
            (
                "/etc/os-release",
                "NAME=\"Linux Mint\"\nVERSION=\"21.3 (Virginia)\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\nPRETTY_NAME=\"Linux Mint 21.3\"\nVERSION_ID=\"21.3\"\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\n",
            ),
            ("/etc/debian_version", "bookworm/sid\n"),
        ],
        ["Linux Mint", "21.3", "21", "virginia", "/etc/os-release", "Debian", "Debian"],
    ),
    (
        "pop",
        &[
            (
                "/etc/os-release",
                "NAME=\"Pop!_OS\"\nVERSION=\"22.04 LTS\"\nID=pop\nID_LIKE=\"ubuntu debian\"\nPRETTY_NAME=\"Pop!_OS 22.04 LTS\"\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy\nUBUNTU_CODENAME=jammy\n",
            ),
            ("/etc/debian_version", "bookworm/sid\n"),
        ],
        ["Pop!_OS", "22.04", "22", "jammy", "/etc/os-release", "NA", "Debian"],
    ),
    (
        "raspbian",
        &[
            (
                "/etc/os-release",
                "PRETTY_NAME=\"Raspbian GNU/Linux 11 (bullseye)\"\nNAME=\"Raspbian GNU/Linux\"\nVERSION_ID=\"11\"\nVERSION=\"11 (bullseye)\"\nVERSION_CODENAME=bullseye\nID=raspbian\nID_LIKE=debian\n",
            ),
            ("/etc/debian_version", "11.8\n"),
        ],
        ["Debian", "11", "11", "bullseye", "/etc/os-release", "Debian", "Debian"],
    ),
    (
        "devuan",
        &[
            (
                "/etc/os-release",
                "PRETTY_NAME=\"Devuan GNU/Linux 4 (chimaera)\"\nNAME=\"Devuan GNU/Linux\"\nVERSION_ID=\"4\"\nVERSION=\"4 (chimaera)\"\nVERSION_CODENAME=\"chimaera\"\nID=devuan\nID_LIKE=debian\n",
            ),
            ("/etc/debian_version", "11.8\n"),
        ],
        ["Devuan", "4", "4", "chimaera", "/etc/os-release", "Debian", "Debian"],
    ),
    (
        "sid",
        &[
            (
                "/etc/os-release",
                "PRETTY_NAME=\"Debian GNU/Linux trixie/sid\"\nNAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=trixie\nID=debian\n",
            ),
            ("/etc/debian_version", "trixie/sid\n"),
        ],
        ["Debian", "trixie/sid", "trixie/sid", "trixie", "/etc/os-release", "Debian", "Debian"],
    ),
    (
        "void",
        &[("/etc/os-release", "NAME=\"Void\"\nID=\"void\"\nPRETTY_NAME=\"Void Linux\"\n")],
        ["Void", "NA", "NA", "NA", "/etc/os-release", "NA", "Void"],
    ),
    (
        "nixos",
        &[(
            "/etc/os-release",
            "NAME=NixOS\nID=nixos\nVERSION=\"23.11 (Tapir)\"\nVERSION_ID=\"23.11\"\nVERSION_CODENAME=tapir\nPRETTY_NAME=\"NixOS 23.11 (Tapir)\"\n",
        )],
        ["NixOS", "23.11", "23", "tapir", "/etc/os-release", "NA", "NixOS"],
    ),
    (
        "slackware",
        &[
            (
                "/etc/os-release",
                "NAME=Slackware\nVERSION=\"15.0\"\nID=slackware\nVERSION_ID=15.0\nPRETTY_NAME=\"Slackware 15.0 x86_64\"\nVERSION_CODENAME=stable\n",
            ),
            ("/etc/slackware-version", "Slackware 15.0\n"),
        ],
        ["Slackware", "15.0", "15", "stable", "/etc/slackware-version", "Slackware", "Slackware"],
    ),
    (
        "coreos",
        &[(
            "/etc/os-release",
            "NAME=\"Flatcar Container Linux by Kinvolk\"\nID=flatcar\nID_LIKE=coreos\nVERSION=3602.2.1\nVERSION_ID=3602.2.1\nPRETTY_NAME=\"Flatcar Container Linux by Kinvolk 3602.2.1 (Oklo)\"\n",
        )],
        ["Flatcar", "3602.2.1", "3602", "NA", "/etc/os-release", "Flatcar", "Flatcar"],
    ),
    ("none", &[], ["OtherLinux", "NA", "NA", "NA", "", "", "OtherLinux"]),
    (
        "buildroot",
        &[(
            "/etc/os-release",
            "NAME=Buildroot\nVERSION=2023.02\nID=buildroot\nVERSION_ID=2023.02\nPRETTY_NAME=\"Buildroot 2023.02\"\n",
        )],
        ["Buildroot", "2023.02", "2023", "NA", "/etc/os-release", "NA", "Buildroot"],
    ),
    (
        "openwrt",
        &[
            (
                "/etc/os-release",
                "NAME=\"OpenWrt\"\nVERSION=\"22.03.5\"\nID=\"openwrt\"\nID_LIKE=\"lede openwrt\"\nPRETTY_NAME=\"OpenWrt 22.03.5\"\nVERSION_ID=\"22.03.5\"\n",
            ),
            (
                "/etc/openwrt_release",
                "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='22.03.5'\nDISTRIB_CODENAME='x'\n",
            ),
        ],
        ["OpenWrt", "22.03.5", "22", "NA", "/etc/openwrt_release", "OpenWrt", "OpenWrt"],
    ),
    (
        "alt",
        &[
            (
                "/etc/os-release",
                "NAME=\"ALT Server\"\nVERSION=\"10.1\"\nID=altlinux\nVERSION_ID=10.1\nPRETTY_NAME=\"ALT Server 10.1 (Mendelevium)\"\n",
            ),
            ("/etc/altlinux-release", "ALT Server 10.1 (Mendelevium)\n"),
        ],
        ["Altlinux", "10.1", "10", "Mendelevium", "/etc/altlinux-release", "Altlinux", "Altlinux"],
    ),
    (
        "openeuler",
        &[
            (
                "/etc/os-release",
                "NAME=\"openEuler\"\nVERSION=\"22.03 LTS\"\nID=\"openEuler\"\nVERSION_ID=\"22.03\"\nPRETTY_NAME=\"openEuler 22.03 LTS\"\n",
            ),
            ("/etc/openEuler-release", "openEuler release 22.03 LTS\n"),
            ("/etc/redhat-release", "openEuler release 22.03 LTS\n"),
        ],
        ["openEuler", "22.03", "22", "NA", "/etc/redhat-release", "RedHat", "RedHat"],
    ),
];

#[test]
fn release_files_are_read_as_ansible_reads_them() {
    let mut wrong = Vec::new();
    for (name, files, expected) in CASES {
        let mut out = String::from("N files\n");
        for (path, text) in *files {
            for line in text.split_terminator('\n') {
                out.push_str(&format!("{path}:{line}\n"));
            }
        }
        out.push_str("\nN present\n");
        for (path, _) in *files {
            out.push_str(&format!("{path}\n"));
        }
        out.push_str("\nN end\n");
        let mut facts = Facts::default();
        distribution::facts(&Gathered::new("N", out.as_bytes(), b""), &mut facts);
        let keys = [
            "distribution",
            "distribution_version",
            "distribution_major_version",
            "distribution_release",
            "distribution_file_path",
            "distribution_file_variety",
            "os_family",
        ];
        let got = keys.map(|key| facts.0.get(key).and_then(Data::as_str).unwrap_or("").to_owned());
        if got != *expected {
            wrong.push(format!("{name}: ours {got:?}\n   theirs {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
